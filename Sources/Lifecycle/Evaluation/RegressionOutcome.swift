import ApusCore
import ApusKernels

/// What a regression said about rows whose truth is known: the input of every regression metric.
public struct RegressionOutcome: Sendable {
    /// The true value of each row, finite. (rows)
    public let truth: [Double]
    /// The predicted value of each row, finite. (rows)
    public let predictions: [Double]
    /// The weight of each row, finite and not negative; nil is 1 for all. (rows)
    public let weights: [Double]?

    /// How many rows there are.
    public var rows: Int { truth.count }

    /// An outcome of checked shape and values. Throws if a length does not fit, a number is not finite or a weight is
    /// negative.
    public init(truth: [Double], predictions: [Double], weights: [Double]? = nil) throws {
        guard truth.count == predictions.count else {
            throw ApusError("\(truth.count) true values do not fit \(predictions.count) predictions")
        }
        if let row = truth.firstIndex(where: { !$0.isFinite }) {
            throw ApusError("the true value \(truth[row]) is not finite", at: "row \(row + 1)")
        }
        if let row = predictions.firstIndex(where: { !$0.isFinite }) {
            throw ApusError("the prediction \(predictions[row]) is not finite", at: "row \(row + 1)")
        }
        try checkWeights(weights, rows: truth.count)
        self.truth = truth
        self.predictions = predictions
        self.weights = weights
    }

    /// The values of `metrics` on these rows, each with its interval by `bootstrap` unless that is nil.
    /// Throws if a metric does not judge a number.
    public func evaluate(
        _ metrics: [Metric] = Metric.regression, bootstrap: Bootstrap? = Bootstrap(), kernels: Kernels
    ) throws -> Evaluation {
        try checkMetrics(metrics, judge: .number)
        return Evaluation(of: RegressionScorer(self, metrics: metrics), bootstrap, kernels)
    }
}
