import ApusCore
import ApusLinear
import ApusOptimizers
import Foundation

/// Training rows of number columns `x1`, `x2`, …
func trainingRows(_ x: [[Double]], _ target: Target, weights: [Double]? = nil) throws -> TrainingRows {
    TrainingRows(
        .table(try numberTable(x, width: x.first?.count ?? 0)), targets: [target], weights: weights.map { Buffer($0) },
        rowIDs: Buffer((0..<target.count).map(Int64.init)))
}

/// A table of number columns `x1`, `x2`, … from rows.
func numberTable(_ x: [[Double]], width: Int) throws -> Table {
    let fields = try Schema((0..<width).map { Field("x\($0 + 1)", .number) })
    return try Table(fields, (0..<width).map { column in Column(x.map { $0[column] }) }, rowCount: x.count)
}

func classes(_ codes: [Int], _ count: Int) -> Target {
    .classes(codes: Buffer(codes.map(Int32.init)), labels: (0..<count).map { "class \($0)" })
}

/// A context that knows the optimizers and keeps what it hears.
func context(
    threads: Int = 1, backend: Backend = .c, seed: UInt64 = 0, _ listener: Listener? = nil
) throws -> RunContext {
    var registry = Registry()
    try registry.register(OptimizersBundle.self)
    return RunContext(
        seed: seed, threads: threads, backend: backend, monitors: listener.map { [$0] } ?? [], registry: registry)
}

/// Keeps warnings and counts steps.
final class Listener: MonitorSession, @unchecked Sendable {
    private let lock = NSLock()
    private var heard: [String] = []
    private var counted = 0
    private let act: @Sendable (Int) -> Void

    init(onStep act: @escaping @Sendable (Int) -> Void = { _ in }) { self.act = act }

    var warnings: [String] { lock.withLock { heard } }
    var steps: Int { lock.withLock { counted } }

    func receive(_ event: any Event) -> [Alert] {
        let step = lock.withLock { () -> Int? in
            if let warning = event as? Warning { heard.append(warning.message) }
            guard event is ApusCore.Progress else { return nil }
            counted += 1
            return counted
        }
        if let step { act(step) }
        return []
    }

    func snapshot() throws -> State { throw ApusError("nothing to keep") }
    func restore(_ state: State) throws {}
}

func linear(_ model: any Model) throws -> LinearModel {
    guard let model = model as? LinearModel else { throw ApusError("not a linear model") }
    return model
}

/// Digits that agree: −log10 of the relative error (absolute where the reference is 0), 16 if equal.
func agreeingDigits(_ value: Double, _ reference: Double) -> Double {
    if value == reference { return 16 }
    let error = abs(value - reference) / (reference == 0 ? 1 : abs(reference))
    return error.isFinite ? min(16, -log10(error)) : -1
}

/// The folder of real data beside the package, or of golden values in it.
enum Folder {
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let data = package.deletingLastPathComponent().appendingPathComponent("shared/data")
    static let golden = package.appendingPathComponent("Tests/Golden/linear")

    static func hasData(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: data.appendingPathComponent(name).path)
    }
}
