import ApusCore
import Synchronization

/// Keeps the warnings of a run, each once.
final class WarningCollector: MonitorSession {
    private let kept = Mutex<[String]>([])

    var messages: [String] { kept.withLock { $0 } }

    func receive(_ event: any Event) -> [Alert] {
        if let warning = event as? Warning {
            kept.withLock { if !$0.contains(warning.message) { $0.append(warning.message) } }
        }
        return []
    }

    func snapshot() throws -> State {
        State(plugin: "monitor.warnings", version: 1, json: messages.json.serialized(), tensors: [:], children: [:])
    }

    func restore(_ state: State) throws {
        let messages: [String] = try state.decode()
        kept.withLock { $0 = messages }
    }
}
