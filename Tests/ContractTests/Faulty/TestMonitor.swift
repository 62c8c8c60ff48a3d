import ApusCore
import Foundation
import Synchronization

/// How the test monitor breaks the rules for monitors.
enum MonitorFault: String, Fault {
    case none
    case countsTheUnknown = "monitor 1"
    case borrowsAName = "monitor 2"
    case forgetsRows = "monitor 3"
    case trustsSnapshots = "monitor 4"
    case sharesItsCount = "monitor 5"
    case tearsUnderThreads = "monitor 6"

    var rule: String? { self == .none ? nil : rawValue }
}

/// Counts predicted rows, and raises an alert for every full hundred. Right in every respect unless it is given a
/// fault.
struct TestMonitor: Monitor {
    static let descriptor = Descriptor(id: "monitor.test", summary: "An alert for every hundred predicted rows")

    @Parameter("Which rule to break.") var fault = MonitorFault.none

    func start() -> any MonitorSession { TestMonitorSession(fault) }
}

/// One count.
final class TestMonitorSession: MonitorSession {
    private struct Memory: Codable {
        var rows = 0
        var isTorn = false
    }

    private let fault: MonitorFault
    private let memory = Mutex(Memory())
    private static let shared = Mutex(0)

    init(_ fault: MonitorFault) { self.fault = fault }

    func receive(_ event: any Event) -> [Alert] {
        if fault == .tearsUnderThreads {
            let others = SharedState.inFlight.add(1, ordering: .relaxed).oldValue
            Thread.sleep(forTimeInterval: 0.001)
            SharedState.inFlight.subtract(1, ordering: .relaxed)
            if others > 0 { memory.withLock { $0.isTorn = true } }
        }
        var rows = (event as? PredictionBatch)?.prediction.count ?? 0
        if fault == .countsTheUnknown, rows == 0 { rows = 1 }
        if fault == .sharesItsCount { TestMonitorSession.shared.withLock { [rows] in $0 += rows } }
        let (before, after) = memory.withLock { [rows] memory in
            memory.rows += rows
            return (memory.rows - rows, memory.rows)
        }
        if before / 100 == after / 100 { return [] }
        return [Alert(fault == .borrowsAName ? "somebody" : "monitor.test", .notice, "\(after) rows were predicted.")]
    }

    func snapshot() throws -> State {
        var kept = memory.withLock { $0 }
        if fault == .forgetsRows { kept.rows = 0 }
        if fault == .sharesItsCount { kept.rows = TestMonitorSession.shared.withLock { $0 } }
        return try State(of: TestMonitor.self, kept)
    }

    func restore(_ state: State) throws {
        if fault == .trustsSnapshots, state.json.isEmpty { return }
        let kept: Memory = try state.decode()
        guard kept.rows >= 0, !kept.isTorn else { throw ApusError("the snapshot is damaged") }
        memory.withLock { $0 = kept }
    }
}
