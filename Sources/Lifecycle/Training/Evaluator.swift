import ApusCore
import ApusKernels

/// Judges predictions against the truth.
public enum Evaluator {
    /// The metrics that are asked for, else every one of the task, with intervals if a bootstrap is given.
    public static func evaluate(
        _ prediction: Prediction, _ target: Target, weights: Buffer<Double>? = nil, metrics: [Metric]? = nil,
        bootstrap: Bootstrap?, in context: RunContext
    ) throws -> Evaluation {
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let weights = weights.map { Array($0) }
        switch target {
        case .values(let truth):
            return try RegressionOutcome(
                truth: Array(truth), predictions: (0..<prediction.count).map { prediction.value($0) }, weights: weights
            ).evaluate(metrics ?? Metric.regression, bootstrap: bootstrap, kernels: kernels)
        case .classes(let codes, let labels):
            return try ClassificationOutcome(
                labels: labels.count, truth: Array(codes), probabilities: Array(prediction.values.elements),
                weights: weights
            ).evaluate(metrics ?? Metric.classification, bootstrap: bootstrap, kernels: kernels)
        case .flags(let flags, let labels):
            return try MultilabelOutcome(
                labels: labels.count, truth: Array(flags), probabilities: Array(prediction.values.elements),
                weights: weights
            ).evaluate(metrics ?? Metric.multilabel, bootstrap: bootstrap, kernels: kernels)
        }
    }
}
