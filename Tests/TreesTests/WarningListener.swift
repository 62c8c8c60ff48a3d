import ApusCore
import Synchronization

/// Keeps the warnings that it hears.
final class WarningListener: MonitorSession {
    private let heard = Mutex<[String]>([])

    var messages: [String] { heard.withLock { $0 } }

    func receive(_ event: any Event) -> [Alert] {
        if let warning = event as? Warning { heard.withLock { $0.append(warning.message) } }
        return []
    }

    func snapshot() throws -> State { throw ApusError("there is nothing to continue") }
    func restore(_ state: State) throws { throw ApusError("there is nothing to continue") }
}
