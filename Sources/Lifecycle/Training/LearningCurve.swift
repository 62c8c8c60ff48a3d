import ApusCore
import Synchronization

/// How loss and metrics went, iteration by iteration.
public struct LearningCurve: Sendable, Equatable {
    /// The iterations that were measured.
    public var iterations: [Int] = []
    /// By part (`train`, `validation`) and by metric (`loss` and those asked for), a value an iteration; nil where a
    /// metric is undefined.
    public var values: [String: [String: [Double?]]] = [:]

    /// The documented form.
    public var json: JSON {
        .object(values.mapValues { .object($0.mapValues { .list($0.map(\.json)) }) })
            .merging(["iteration": iterations.json])
    }
}

extension LearningCurve {
    /// Leaves out what was measured at this iteration and later ones.
    fileprivate mutating func drop(from iteration: Int) {
        let kept = iterations.prefix { $0 < iteration }.count
        iterations.removeLast(iterations.count - kept)
        values = values.mapValues { $0.mapValues { Array($0.prefix(kept)) } }
    }

    /// Adds what was measured at an iteration after all others.
    fileprivate mutating func append(_ iteration: Int, _ row: [String: [String: Double?]]) {
        let earlier = iterations.count
        iterations.append(iteration)
        for (part, metrics) in row {
            for (metric, value) in metrics {
                values[part, default: [:]][metric, default: Array(repeating: nil, count: earlier)].append(value)
            }
        }
        // What nobody measures any more.
        for (part, metrics) in values {
            for (metric, known) in metrics where known.count == earlier { values[part]?[metric]?.append(nil) }
        }
    }

    private static let iterationName = "iteration"

    /// One tensor a part and metric, `train/loss`; NaN where a metric is undefined.
    fileprivate var state: State {
        var tensors = [LearningCurve.iterationName: Tensor(iterations.map(Int64.init))]
        for (part, metrics) in values {
            for (metric, values) in metrics { tensors["\(part)/\(metric)"] = Tensor(values.map { $0 ?? .nan }) }
        }
        return State(plugin: "learning_curve", version: 1, json: "{}", tensors: tensors, children: [:])
    }

    /// What `state` gave; throws where it is damaged.
    fileprivate init(_ state: State) throws {
        iterations = try state.elements(LearningCurve.iterationName, as: Int64.self).map(Int.init)
        for name in state.tensors.keys where name != LearningCurve.iterationName {
            let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
            let found = try state.elements(name, as: Double.self)
            guard parts.count == 2, found.count == iterations.count else {
                throw ApusError("the learning curve in the checkpoint is damaged", remedy: "Start again without it.")
            }
            values[parts[0], default: [:]][parts[1]] = found.map { $0.isNaN ? nil : $0 }
        }
    }
}

extension JSON {
    /// The members of two objects.
    fileprivate func merging(_ more: [String: JSON]) -> JSON { .object((object ?? [:]).merging(more) { $1 }) }
}

/// Hears iterations and measures some of them.
final class CurveRecorder: MonitorSession {
    private let metrics: [Metric]
    private let every: Int
    private let context: RunContext
    private let state = Mutex(LearningCurve())

    /// Measures each `every`th iteration.
    init(_ metrics: [Metric], every: Int, in context: RunContext) {
        (self.metrics, self.every) = (metrics, every)
        // What it computes is nobody's event.
        var quiet = context
        quiet.monitors = []
        self.context = quiet
    }

    var curve: LearningCurve { state.withLock { $0 } }

    func receive(_ event: any Event) -> [Alert] {
        guard let iteration = event as? Iteration, iteration.number % every == 0 else { return [] }
        var row: [String: [String: Double?]] = [:]
        for part in iteration.parts { row[part.name] = measure(part) }
        state.withLock { curve in
            // A fit that goes on from a checkpoint tells of that iteration again.
            curve.drop(from: iteration.number)
            curve.append(iteration.number, row)
        }
        return []
    }

    private func measure(_ part: Iteration.Part) -> [String: Double?] {
        var values: [String: Double?] = ["loss": part.loss.isFinite ? part.loss : nil]
        guard !metrics.isEmpty else { return values }
        let evaluation = try? Evaluator.evaluate(
            part.predict(), part.target, weights: part.weights, metrics: metrics, bootstrap: nil, in: context)
        for metric in metrics { values[metric.name] = .some(evaluation?[metric.name]?.value) }
        return values
    }

    func snapshot() throws -> State { state.withLock(\.state) }

    func restore(_ state: State) throws {
        let curve = try LearningCurve(state)
        self.state.withLock { $0 = curve }
    }
}
