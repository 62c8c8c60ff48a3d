import ApusCore
import ApusKernels

/// Naive Bayes for flags: how often each column is above a threshold in each class.
///
/// Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, chapter 13.
public struct BernoulliNaiveBayes: CountingNaiveBayes {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.bernoulli_naive_bayes", summary: "Naive Bayes for flags, or numbers above a threshold",
        source: "Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008",
        tasks: [.binary, .multiclass], capabilities: [.scaleInvariant, .vectors], weights: .exact(tolerance: 1e-9))

    /// Smoothing and priors.
    public var smoothing = CountSmoothing()
    /// The threshold.
    @Parameter("A value above this one counts as set.") public var binarize = 0.0

    /// All parameters at their defaults.
    public init() {}

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
                let (set, unset) = counts(statistics, label, place)
                weights[place] = naturalLogarithm(set) - naturalLogarithm(unset)
                base[label] += naturalLogarithm(unset) - total
            }
        }
        return BayesTerms(kind: .indicator(threshold: binarize, weights: weights), base: base)
    }

    func information(_ statistics: ClassStatistics, _ inputs: Schema, priors: [Double]) -> [Double] {
        (0..<statistics.places).map { column in
            let shares = priors.indices.map { label in
                let (set, unset) = counts(statistics, label, label * statistics.places + column)
                return set / (set + unset)
            }
            return mutualInformation(shares, priors) + mutualInformation(shares.map { 1 - $0 }, priors)
        }
    }

    /// Smoothed weights of the rows of a class above the threshold and not.
    private func counts(_ statistics: ClassStatistics, _ label: Int, _ place: Int) -> (set: Double, unset: Double) {
        // The rest is what a class weighs less what is set; rounding may take it below nothing.
        (statistics.sums[place] + alpha, max(0, statistics.weights[label] - statistics.sums[place]) + alpha)
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        try NaiveBayesModel<Self>(state, hasSquares: false, hasValues: false)
    }
}
