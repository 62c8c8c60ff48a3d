import ApusCore
import ApusKernels

/// Naive Bayes for categories: how often each label of each column occurs in each class.
///
/// Category and flag columns are taken as they are; each different number of a number column counts as a category. What
/// is missing, or was never seen in fitting, says nothing.
/// Source: scikit-learn, CategoricalNB; Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 6.6.3.
public struct CategoricalNaiveBayes: CountingNaiveBayes {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.categorical_naive_bayes", summary: "Naive Bayes for category columns as they are",
        source: "Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, 6.6.3",
        tasks: [.binary, .multiclass], capabilities: [.missingValues, .categories, .scaleInvariant],
        weights: .exact(tolerance: 1e-9))

    /// Smoothing and priors.
    public var smoothing = CountSmoothing()

    /// A number column of more different values than these is told of.
    private static let manyValues = 100

    /// All parameters at their defaults.
    public init() {}

    func places(_ inputs: Schema, values: [[Double]]) -> Int { starts(inputs, values).last ?? 0 }

    func measure(
        _ rows: BayesRows, like known: ClassStatistics?, _ kernels: Kernels, in context: RunContext
    ) throws -> ClassStatistics {
        var values: [[Double]] = []
        for (position, (field, column)) in zip(rows.schema.fields, rows.columns).enumerated() {
            try context.checkCancellation()
            guard field.kind == .number else {
                values.append([])
                continue
            }
            var distinct = Set(known?.values[position] ?? [])
            for value in column where !value.isNaN { distinct.insert(value) }
            // A column without a value still has one category, which is never seen.
            values.append(distinct.isEmpty ? [0] : distinct.sorted())
            if distinct.count > Self.manyValues, known == nil {
                context.send(
                    Warning(
                        "Column '\(field.name)' has \(distinct.count.grouped) different numbers, each of which counts as a category; model.gaussian_naive_bayes takes them as numbers."
                    ))
            }
        }
        let (classes, starts) = (rows.labels.count, starts(rows.schema, values))
        let width = starts[starts.count - 1]
        let (cells, overflow) = classes.multipliedReportingOverflow(by: width)
        guard !overflow, cells <= 1 << 30 else {
            throw ApusError(
                "\(classes.grouped) classes of \(width.grouped) categories are too many to count",
                remedy: "Leave columns of many different values out.")
        }
        var statistics = ClassStatistics(
            weights: [Double](repeating: 0, count: classes), sums: [Double](repeating: 0, count: cells), squares: [],
            values: values)
        for row in 0..<rows.count { statistics.weights[Int(rows.codes[row])] += rows.weights?[row] ?? 1 }
        let known = values
        try rows.forEachColumn(kernels, in: context) { column in
            let (count, x) = (starts[column + 1] - starts[column], rows.columns[column])
            var sums = [Double](repeating: 0, count: classes * count)
            for row in x.indices {
                guard let rank = BayesTerms.rank(x[row], known[column], count) else { continue }
                sums[Int(rows.codes[row]) * count + rank] += rows.weights?[row] ?? 1
            }
            return sums
        } merge: { column, sums in
            let count = starts[column + 1] - starts[column]
            for (place, sum) in sums.enumerated() {
                statistics.sums[place / count * width + starts[column] + place % count] = sum
            }
        }
        return statistics
    }

    func terms(_ statistics: ClassStatistics, _ inputs: Schema, labels: [String]) throws -> BayesTerms {
        let starts = starts(inputs, statistics.values)
        let width = statistics.places
        var weights = [Double](repeating: 0, count: statistics.sums.count)
        for label in labels.indices {
            for column in inputs.fields.indices {
                let places = label * width + starts[column]..<label * width + starts[column + 1]
                let total = naturalLogarithm(places.reduce(0) { $0 + statistics.sums[$1] + alpha })
                for place in places { weights[place] = naturalLogarithm(statistics.sums[place] + alpha) - total }
            }
        }
        return BayesTerms(
            kind: .table(starts: starts, values: statistics.values, weights: weights), base: labels.map { _ in 0 })
    }

    func information(_ statistics: ClassStatistics, _ inputs: Schema, priors: [Double]) -> [Double] {
        let starts = starts(inputs, statistics.values)
        let width = statistics.places
        return inputs.fields.indices.map { column in
            let places = starts[column]..<starts[column + 1]
            let shares = priors.indices.map { label in
                let counts = places.map { statistics.sums[label * width + $0] + alpha }
                let total = counts.reduce(0, +)
                return counts.map { $0 / total }
            }
            return places.indices.reduce(0) { sum, place in
                sum + mutualInformation(shares.map { $0[place - places.lowerBound] }, priors)
            }
        }
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        try NaiveBayesModel<Self>(state, hasSquares: false, hasValues: true)
    }
}
