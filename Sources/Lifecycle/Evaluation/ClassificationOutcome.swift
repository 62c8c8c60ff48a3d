import ApusCore
import ApusKernels

/// What a classifier said about rows whose truth is known: the input of every classification metric.
public struct ClassificationOutcome: Sendable {
    /// How many labels there are, at least 2.
    public let labels: Int
    /// The true label of each row, in `0 ..< labels`. (rows)
    public let truth: [Int32]
    /// The probability of each label, row-major, in [0, 1]. (rows, labels)
    public let probabilities: [Double]
    /// The weight of each row, finite and not negative; nil is 1 for all. (rows)
    public let weights: [Double]?
    /// The label that `roc_auc` and `average_precision` rank when there are two.
    public let positive: Int

    /// How many rows there are.
    public var rows: Int { truth.count }

    /// An outcome of checked shape and values. Throws if a length does not fit, a label is out of range, a probability
    /// is outside [0, 1] or a weight is negative; none may be NaN.
    public init(
        labels: Int, truth: [Int32], probabilities: [Double], weights: [Double]? = nil, positive: Int = 1
    ) throws {
        guard labels >= 2, (0..<labels).contains(positive) else {
            throw ApusError("classes need at least 2 labels, the positive one among them; found \(labels)")
        }
        guard truth.count <= Ranking.mostRows else {
            throw ApusError("\(truth.count) rows are more than can be ranked", remedy: "Evaluate on a sample.")
        }
        let (cells, overflow) = truth.count.multipliedReportingOverflow(by: labels)
        guard !overflow, probabilities.count == cells else {
            throw ApusError("\(truth.count) rows of \(labels) labels do not fit \(probabilities.count) probabilities")
        }
        if let row = truth.firstIndex(where: { $0 < 0 || Int($0) >= labels }) {
            throw ApusError("label \(truth[row]) is not in 0 ..< \(labels)", at: "row \(row + 1)")
        }
        if let cell = probabilities.firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
            throw ApusError("\(probabilities[cell]) is not a probability", at: "row \(cell / labels + 1)")
        }
        try checkWeights(weights, rows: truth.count)
        self.labels = labels
        self.truth = truth
        self.probabilities = probabilities
        self.weights = weights
        self.positive = positive
    }

    /// The values of `metrics` on these rows, each with its interval by `bootstrap` unless that is nil.
    /// Throws if a metric does not judge classes.
    public func evaluate(
        _ metrics: [Metric] = Metric.classification, bootstrap: Bootstrap? = Bootstrap(), kernels: Kernels
    ) throws -> Evaluation {
        try checkMetrics(metrics, judge: .classes)
        return Evaluation(of: ClassificationScorer(self, metrics: metrics, kernels: kernels), bootstrap, kernels)
    }
}

/// Throws unless `weights` are one finite number a row, none of them negative.
func checkWeights(_ weights: [Double]?, rows: Int) throws {
    guard let weights else { return }
    guard weights.count == rows else { throw ApusError("\(rows) rows do not fit \(weights.count) weights") }
    if let row = weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
        throw ApusError("\(weights[row]) is not a weight", at: "row \(row + 1)", remedy: "Weights are 0 or greater.")
    }
}

/// Throws unless each of `metrics` judges `target`.
func checkMetrics(_ metrics: [Metric], judge target: Metric.Target) throws {
    func title(_ target: Metric.Target) -> String {
        switch target {
        case .classes: "classes"
        case .labels: "several labels at once"
        case .number: "a number"
        }
    }
    if let metric = metrics.first(where: { !$0.targets.contains(target) }) {
        let fitting = Metric.all.filter { $0.targets.contains(target) }.map(\.name)
        let judged = [Metric.Target.classes, .labels, .number].filter(metric.targets.contains).map(title)
        throw ApusError(
            "\(metric.name) judges \(judged.joined(separator: " or ")), and the target is \(title(target))",
            at: "metric", remedy: "Take one of \(fitting.joined(separator: ", ")).", kind: .usage)
    }
}
