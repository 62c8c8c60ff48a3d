import Apus
import Foundation

/// Hears when epochs end.
final class Clock: MonitorSession, @unchecked Sendable {
    private let lock = NSLock()
    private var times: [ContinuousClock.Instant] = []

    /// Seconds of the shortest epoch but the first.
    var best: Double { lock.withLock { zip(times, times.dropFirst()).map { seconds($1 - $0) }.min() ?? .nan } }

    func receive(_ event: any Event) -> [Alert] {
        guard let step = event as? ApusCore.Progress, step.metrics["train_loss"] != nil else { return [] }
        lock.withLock { times.append(.now) }
        return []
    }

    func snapshot() throws -> State { throw ApusError("nothing to keep") }
    func restore(_ state: State) throws {}
}

func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}
