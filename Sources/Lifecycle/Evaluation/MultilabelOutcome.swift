import ApusCore
import ApusKernels

/// What a model said about labels of which any number may hold, where the truth is known.
public struct MultilabelOutcome: Sendable {
    /// How many labels there are, at least 1.
    public let labels: Int
    /// 1 where a label holds, else 0, row-major. (rows, labels)
    public let truth: [UInt8]
    /// The probability that each label holds, row-major, in [0, 1]; decided from one half on. (rows, labels)
    public let probabilities: [Double]
    /// The weight of each row, finite and not negative; nil is 1 for all. (rows)
    public let weights: [Double]?

    /// How many rows there are.
    public var rows: Int { truth.count / labels }

    /// An outcome of checked shape and values. Throws if a length does not fit, a truth is neither 0 nor 1, a
    /// probability is outside [0, 1] or a weight is negative; none may be NaN.
    public init(labels: Int, truth: [UInt8], probabilities: [Double], weights: [Double]? = nil) throws {
        guard labels >= 1, truth.count % labels == 0, probabilities.count == truth.count else {
            throw ApusError(
                "\(truth.count) answers of \(labels) labels do not fit \(probabilities.count) probabilities")
        }
        guard truth.count <= Ranking.mostRows else {
            throw ApusError("\(truth.count) answers are more than can be ranked", remedy: "Evaluate on a sample.")
        }
        if let cell = truth.firstIndex(where: { $0 > 1 }) {
            throw ApusError("\(truth[cell]) is neither 0 nor 1", at: "row \(cell / labels + 1)")
        }
        if let cell = probabilities.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
            throw ApusError("\(probabilities[cell]) is not a probability", at: "row \(cell / labels + 1)")
        }
        try checkWeights(weights, rows: truth.count / labels)
        self.labels = labels
        self.truth = truth
        self.probabilities = probabilities
        self.weights = weights
    }

    /// The values of `metrics` on these rows, each with its interval by `bootstrap` unless that is nil.
    /// Throws if a metric does not judge several labels at once.
    public func evaluate(
        _ metrics: [Metric] = Metric.multilabel, bootstrap: Bootstrap? = Bootstrap(), kernels: Kernels
    ) throws -> Evaluation {
        try checkMetrics(metrics, judge: .labels)
        return Evaluation(of: MultilabelScorer(self, metrics: metrics, kernels: kernels), bootstrap, kernels)
    }
}
