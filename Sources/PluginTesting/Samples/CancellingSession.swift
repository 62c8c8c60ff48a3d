import ApusCore

/// Cancels the work that it hears of at the first step that is not among the last two.
final class CancellingSession: MonitorSession {
    private let cancellation: Cancellation

    init(_ cancellation: Cancellation) { self.cancellation = cancellation }

    func receive(_ event: any Event) -> [Alert] {
        if let step = event as? Progress, let total = step.total, step.completed + 1 < total { cancellation.cancel() }
        return []
    }

    func snapshot() throws -> State { throw ApusError("there is nothing to continue") }
    func restore(_ state: State) throws { throw ApusError("there is nothing to continue") }
}
