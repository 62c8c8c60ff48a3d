import ApusCore
import ApusPipeline
import Synchronization

/// Hears iterations and writes the model of some of them as an artifact: `income.apus` → `income.snapshot_iter_20.apus`.
final class SnapshotWriter: MonitorSession {
    private let every: Int
    private let output: String
    private let artifact: @Sendable (any Model) throws -> Artifact
    private let failure = Mutex<ApusError?>(nil)

    init(every: Int, beside output: String, artifact: @escaping @Sendable (any Model) throws -> Artifact) {
        (self.every, self.output, self.artifact) = (every, output, artifact)
    }

    static func path(beside artifact: String, _ iteration: Int) -> String {
        "\(artifact.hasSuffix(".apus") ? String(artifact.dropLast(5)) : artifact).snapshot_iter_\(iteration).apus"
    }

    /// Throws what went wrong when a snapshot was written.
    func check() throws {
        if let error = failure.withLock({ $0 }) { throw error }
    }

    func receive(_ event: any Event) -> [Alert] {
        guard let iteration = event as? Iteration, iteration.number % every == 0,
            failure.withLock({ $0 == nil })
        else { return [] }
        do {
            // Snapshots of an earlier run at the same place are replaced, as the record is.
            let path = SnapshotWriter.path(beside: output, iteration.number)
            try artifact(iteration.model()).write(to: path, force: true)
        } catch let error as ApusError {
            failure.withLock { $0 = error.at("snapshot") }
        } catch {
            failure.withLock { $0 = ApusError("\(error)", at: "snapshot") }
        }
        return []
    }

    func snapshot() throws -> State { throw ApusError("a writer of snapshots keeps none of its own", kind: .plugin) }
    func restore(_ state: State) throws {
        throw ApusError("a writer of snapshots keeps none of its own", kind: .plugin)
    }
}
