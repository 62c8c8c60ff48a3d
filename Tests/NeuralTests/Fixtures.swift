import ApusBuiltins
import ApusCore
import Foundation

/// Training rows of number columns `x1`, `x2`, …
func trainingRows(
    _ x: [[Double]], _ target: Target, weights: [Double]? = nil, validation: TrainingRows? = nil
) throws -> TrainingRows {
    TrainingRows(
        .table(try numberTable(x)), targets: [target], weights: weights.map { Buffer($0) },
        rowIDs: Buffer((0..<target.count).map(Int64.init)), validation: validation)
}

/// A table of number columns `x1`, `x2`, … from rows.
func numberTable(_ x: [[Double]]) throws -> Table {
    try Table(x[0].indices.map { column in ("x\(column + 1)", Column(x.map { $0[column] })) })
}

func classes(_ codes: [Int], _ count: Int) -> Target {
    .classes(codes: Buffer(codes.map(Int32.init)), labels: (0..<count).map { "class \($0)" })
}

/// Even numbers between -1 and 1.
func draws(_ purpose: String, _ rows: Int, _ columns: Int) -> [[Double]] {
    let random = CounterRandom(seed: 11, purpose: purpose)
    return (0..<rows).map { row in (0..<columns).map { 2 * random.unit(row * columns + $0) - 1 } }
}

/// Rows whose class is the ring around the middle that they lie in.
func rings(_ rows: Int, _ count: Int, from seed: String = "rings") -> (x: [[Double]], codes: [Int]) {
    let x = draws(seed, rows, 2)
    let limits = (1..<count).map { Double($0) / Double(count) }
    return (x, x.map { row in limits.count { row[0] * row[0] + row[1] * row[1] > $0 } })
}

/// A context that knows everything built in.
func context(
    threads: Int = 1, backend: Backend = .c, seed: UInt64 = 0, _ listener: Listener? = nil,
    checkpoints: (any CheckpointStore)? = nil
) throws -> RunContext {
    RunContext(
        seed: seed, threads: threads, backend: backend, monitors: listener.map { [$0] } ?? [],
        registry: try Registry.builtin(), checkpoints: checkpoints)
}

/// Keeps what it hears.
final class Listener: MonitorSession, @unchecked Sendable {
    private let lock = NSLock()
    private var warned: [String] = []
    private var steps: [ApusCore.Progress] = []
    private let act: @Sendable (Int) -> Void

    init(onStep act: @escaping @Sendable (Int) -> Void = { _ in }) { self.act = act }

    var warnings: [String] { lock.withLock { warned } }
    var progress: [ApusCore.Progress] { lock.withLock { steps } }

    func receive(_ event: any Event) -> [Alert] {
        let count = lock.withLock { () -> Int? in
            if let warning = event as? Warning { warned.append(warning.message) }
            guard let step = event as? ApusCore.Progress else { return nil }
            steps.append(step)
            return steps.count
        }
        if let count { act(count) }
        return []
    }

    func snapshot() throws -> State { throw ApusError("nothing to keep") }
    func restore(_ state: State) throws {}
}

/// Keeps checkpoints in memory.
final class MemoryStore: CheckpointStore, @unchecked Sendable {
    private let lock = NSLock()
    private var states: [State] = []

    let interval: Int

    init(interval: Int = 1) { self.interval = interval }

    var all: [State] { lock.withLock { states } }
    func save(_ state: State, as name: String) { lock.withLock { states.append(state) } }
    func load(_ name: String) -> State? { lock.withLock { states.last } }
}

/// JSON and tensors of two states are equal, bit for bit.
func same(_ left: State, _ right: State) -> Bool { left.json == right.json && left.tensors == right.tensors }

enum Folder {
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let data = package.deletingLastPathComponent().appendingPathComponent("shared/data")
    static let golden = package.appendingPathComponent("Tests/Golden/neural")

    static func hasData(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: data.appendingPathComponent(name).path)
    }
}
