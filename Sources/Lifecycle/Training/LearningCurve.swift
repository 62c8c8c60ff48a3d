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
        for part in iteration.parts {
            row[part.name] = measure(part)
        }
        state.withLock { curve in
            let earlier = curve.iterations.count
            curve.iterations.append(iteration.number)
            for (part, values) in row {
                for (metric, value) in values {
                    curve.values[part, default: [:]][
                        metric, default: Array(repeating: nil, count: earlier)
                    ].append(value)
                }
            }
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

    func snapshot() throws -> State { throw ApusError("a learning curve keeps no snapshots", kind: .plugin) }
    func restore(_ state: State) throws { throw ApusError("a learning curve keeps no snapshots", kind: .plugin) }
}
