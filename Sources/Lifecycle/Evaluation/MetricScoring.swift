import ApusCore

/// The metrics, as learners reach them: `RunContext(scoring: MetricSource())`.
public struct MetricSource: ScoringSource {
    /// All metrics by their names.
    public init() {}

    /// The metric of this name; throws where there is none, with the nearest name, or where it does not judge targets
    /// like `target`.
    public func scoring(_ name: String, for target: Target) throws -> any Scoring {
        let metric = try Metric.named(name)
        try checkMetrics([metric], judge: Metric.Target(of: target))
        return MetricScoring(metric: metric)
    }
}

/// One metric.
private struct MetricScoring: Scoring {
    let metric: Metric

    var greaterIsBetter: Bool { metric.greaterIsBetter }

    func score(_ prediction: Prediction, _ target: Target, weights: Buffer<Double>?) throws -> Double {
        // One value needs neither threads nor any other part of a run's context.
        let evaluation = try Evaluator.evaluate(
            prediction, target, weights: weights, metrics: [metric], bootstrap: nil, in: RunContext(threads: 1))
        guard let score = evaluation[metric.name], let value = score.value else {
            throw ApusError("\(metric.name) is undefined: \(evaluation[metric.name]?.reason ?? "there are no rows")")
        }
        return value
    }
}

extension Metric.Target {
    /// What judges targets like this one.
    init(of target: Target) {
        self =
            switch target {
            case .values: .number
            case .classes: .classes
            case .flags: .labels
            }
    }
}
