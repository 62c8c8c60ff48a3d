import ApusCore
import ApusKernels

/// Naive Bayes for counts, such as those of words: each column's share of all counts in each class.
///
/// Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, chapter 13.
public struct MultinomialNaiveBayes: CountingNaiveBayes {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.multinomial_naive_bayes", summary: "Naive Bayes for counts, such as those of words",
        source: "Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008",
        tasks: [.binary, .multiclass], capabilities: [.scaleInvariant, .vectors], weights: .exact(tolerance: 1e-9))

    /// Smoothing and priors.
    public var smoothing = CountSmoothing()

    /// All parameters at their defaults.
    public init() {}

    func measure(
        _ rows: BayesRows, like known: ClassStatistics?, _ kernels: Kernels, in context: RunContext
    ) throws -> ClassStatistics {
        func refuse(_ value: Double, _ element: Int, _ row: Int) -> ApusError {
            ApusError(
                "found \(value), which is no count",
                at: "column '\(rows.schema.elementName(element))' row \((row + 1).grouped)",
                remedy:
                    "Leave transform.standardize out, turn alternate_sign of transform.hash_text off, or use model.gaussian_naive_bayes."
            )
        }
        for (place, column) in zip(rows.features.places, rows.columns) {
            if let row = column.firstIndex(where: { $0 < 0 }) { throw refuse(column[row], place, row) }
        }
        for vector in rows.features.vectors where vector.rows.values.contains(where: { $0 < 0 }) {
            for row in 0..<rows.count {
                for entry in vector.rows.entries(of: row) where vector.rows.values[entry] < 0 {
                    throw refuse(vector.rows.values[entry], vector.start + Int(vector.rows.indices[entry]), row)
                }
            }
        }
        return try rows.columnSums(kernels, in: context)
    }

    func terms(_ statistics: ClassStatistics, _ inputs: Schema, labels: [String]) throws -> BayesTerms {
        let width = statistics.places
        var weights = [Double](repeating: 0, count: statistics.sums.count)
        for label in labels.indices {
            let counts = counts(statistics, label)
            let total = naturalLogarithm(counts.reduce(0, +))
            for (column, count) in counts.enumerated() {
                weights[label * width + column] = naturalLogarithm(count) - total
            }
        }
        return BayesTerms(kind: .linear(weights: weights), base: labels.map { _ in 0 })
    }

    /// Of one count drawn from a row.
    func information(_ statistics: ClassStatistics, _ inputs: Schema, priors: [Double]) -> [Double] {
        let shares = priors.indices.map { label in
            let counts = counts(statistics, label)
            let total = counts.reduce(0, +)
            return counts.map { $0 / total }
        }
        return (0..<statistics.places).map { column in
            mutualInformation(shares.map { $0[column] }, priors)
        }
    }

    /// Smoothed counts of each column in one class.
    private func counts(_ statistics: ClassStatistics, _ label: Int) -> [Double] {
        let width = statistics.places
        return statistics.sums[label * width..<(label + 1) * width].map { $0 + alpha }
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        try NaiveBayesModel<Self>(state, hasSquares: false, hasValues: false)
    }
}

extension BayesRows {
    /// The weight of each class, and for each class and element the weighted sum of `value(x)`, by default of x.
    func columnSums(
        _ kernels: Kernels, in context: RunContext, _ value: (@Sendable (Double) -> Double)? = nil
    ) throws -> ClassStatistics {
        let (classes, width) = (labels.count, features.width)
        let scalar = value ?? { $0 }
        var statistics = ClassStatistics(
            weights: classWeights(), sums: [Double](repeating: 0, count: classes * width), squares: [],
            values: [])
        try forEachPart(kernels, in: context) { column, part in
            [Double](unsafeUninitializedCapacity: classes) { sums, initialized in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: 4 * classes) { lanes in
                    if let sums = sums.baseAddress, let lanes = lanes.baseAddress {
                        scatter(column, part, into: sums, lanes, scalar)
                    }
                }
                initialized = classes
            }
        } merge: { column, part in
            for label in 0..<classes { statistics.sums[label * width + features.places[column]] += part[label] }
        }
        for vector in features.vectors {
            // What an entry changes against a 0, and what the zeros give.
            let zero = value?(0) ?? 0
            let x = try value.map { value in try vector.rows.mapValues { value($0) - zero } } ?? vector.rows
            let sums = try kernels.sums(x, labels: codes, classes: classes, factors: weights)
            for label in 0..<classes {
                for element in 0..<x.width {
                    statistics.sums[label * width + vector.start + element] =
                        sums[label * x.width + element] + zero * statistics.weights[label]
                }
            }
        }
        return statistics
    }
}
