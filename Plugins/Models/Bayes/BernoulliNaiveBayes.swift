import ApusCore
import ApusKernels

/// Naive Bayes for flags: how often each column is above a threshold in each class.
///
/// Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, chapter 13.
public struct BernoulliNaiveBayes: NaiveBayes {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.bernoulli_naive_bayes", summary: "Naive Bayes for flags, or numbers above a threshold",
        source: "Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008",
        tasks: [.binary, .multiclass], capabilities: [.scaleInvariant], weights: .exact(tolerance: 1e-9))

    /// Smoothing.
    @Parameter(
        "Count that is added to either side of every column in every class.", in: .above(0),
        search: .logarithmic(1e-3, 10))
    public var alpha = 1.0
    /// The threshold.
    @Parameter("A value above this one counts as set.") public var binarize = 0.0
    /// Whether priors are learned.
    @Parameter("Learn the classes' prior probabilities; else all are alike.") public var fitPrior = true
    /// Given priors.
    @Parameter("Prior probabilities of the classes in the labels' order; null learns them.", in: .from(0, to: 1))
    public var classPrior: [Double]? = nil

    /// All parameters at their defaults.
    public init() {}

    var givenPriors: [Double]? { classPrior }
    var learnsPriors: Bool { fitPrior }

    func places(_ inputs: Schema, values: [[Double]]) -> Int { inputs.fields.count }

    func measure(
        _ rows: BayesRows, like known: ClassStatistics?, _ kernels: Kernels, in context: RunContext
    ) throws -> ClassStatistics {
        let threshold = binarize
        return try rows.columnSums(kernels, in: context) { $0 > threshold ? 1 : 0 }
    }

    func terms(_ statistics: ClassStatistics, _ inputs: Schema, labels: [String]) throws -> BayesTerms {
        let width = statistics.places
        var weights = [Double](repeating: 0, count: statistics.sums.count)
        var base = [Double](repeating: 0, count: labels.count)
        for label in labels.indices {
            let total = naturalLogarithm(statistics.weights[label] + 2 * alpha)
            for place in label * width..<(label + 1) * width {
                let set = statistics.sums[place] + alpha
                // The rest is what a class weighs less what is set; rounding may take it below nothing.
                let unset = max(0, statistics.weights[label] - statistics.sums[place]) + alpha
                weights[place] = naturalLogarithm(set) - naturalLogarithm(unset)
                base[label] += naturalLogarithm(unset) - total
            }
        }
        return BayesTerms(kind: .indicator(threshold: binarize, weights: weights), base: base)
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        try NaiveBayesModel<Self>(state, hasSquares: false, hasValues: false)
    }
}
