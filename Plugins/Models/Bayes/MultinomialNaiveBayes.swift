import ApusCore
import ApusKernels

/// Naive Bayes for counts, such as those of words: each column's share of all counts in each class.
///
/// Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, chapter 13.
public struct MultinomialNaiveBayes: NaiveBayes {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.multinomial_naive_bayes", summary: "Naive Bayes for counts, such as those of words",
        source: "Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008",
        tasks: [.binary, .multiclass], capabilities: [.scaleInvariant], weights: .exact(tolerance: 1e-9))

    /// Smoothing.
    @Parameter("Count that is added to every column in every class.", in: .above(0), search: .logarithmic(1e-3, 10))
    public var alpha = 1.0
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
        for (field, column) in zip(rows.schema.fields, rows.columns) {
            guard let row = column.firstIndex(where: { $0 < 0 }) else { continue }
            throw ApusError(
                "found \(column[row]), which is no count", at: "column '\(field.name)' row \((row + 1).grouped)",
                remedy: "Leave transform.standardize out, or use model.gaussian_naive_bayes.")
        }
        return try rows.columnSums(kernels, in: context) { $0 }
    }

    func terms(_ statistics: ClassStatistics, _ inputs: Schema, labels: [String]) throws -> BayesTerms {
        let width = statistics.places
        var weights = [Double](repeating: 0, count: statistics.sums.count)
        for label in labels.indices {
            let counts = statistics.sums[label * width..<(label + 1) * width].map { $0 + alpha }
            let total = naturalLogarithm(counts.reduce(0, +))
            for (column, count) in counts.enumerated() {
                weights[label * width + column] = naturalLogarithm(count) - total
            }
        }
        return BayesTerms(kind: .linear(weights: weights), base: labels.map { _ in 0 })
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        try NaiveBayesModel<Self>(state, hasSquares: false, hasValues: false)
    }
}

extension BayesRows {
    /// The weight of each class, and for each class and column the weighted sum of `value(x)`.
    func columnSums(
        _ kernels: Kernels, in context: RunContext, _ value: @escaping @Sendable (Double) -> Double
    ) throws -> ClassStatistics {
        let (classes, width) = (labels.count, columns.count)
        var statistics = ClassStatistics(
            weights: [Double](repeating: 0, count: classes), sums: [Double](repeating: 0, count: classes * width),
            squares: [], values: [])
        for (place, weight) in blockWeights().enumerated() { statistics.weights[place % classes] += weight }
        try forEachPart(kernels, in: context) { column, part in
            [Double](unsafeUninitializedCapacity: classes) { sums, initialized in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: 4 * classes) { lanes in
                    if let sums = sums.baseAddress, let lanes = lanes.baseAddress {
                        scatter(column, part, into: sums, lanes) { x, _ in value(x) }
                    }
                }
                initialized = classes
            }
        } merge: { column, part in
            for label in 0..<classes { statistics.sums[label * width + column] += part[label] }
        }
        return statistics
    }
}
