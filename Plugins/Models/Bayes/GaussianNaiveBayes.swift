import ApusCore
import ApusKernels

/// Naive Bayes with a normal distribution of each column in each class.
///
/// Means and variances are exact two-pass values of blocks of 2,048 rows, merged as Chan, Golub and LeVeque do: no
/// digits are lost on columns far from zero.
/// Source: Zhang, The Optimality of Naive Bayes, FLAIRS 2004; Chan, Golub and LeVeque, STAN-CS-79-773, 1979.
public struct GaussianNaiveBayes: NaiveBayes {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.gaussian_naive_bayes",
        summary: "Naive Bayes with a normal distribution of each column in each class",
        source: "Zhang, The Optimality of Naive Bayes, 2004; Chan, Golub and LeVeque, 1979",
        tasks: [.binary, .multiclass], capabilities: [.scaleInvariant, .vectors], weights: .exact(tolerance: 1e-9))

    /// Given priors.
    @Parameter("Prior probabilities of the classes in the labels' order; null learns them.", in: .from(0, to: 1))
    public var priors: [Double]? = nil
    /// Smoothing.
    @Parameter(
        "Share of the largest variance of a column that is added to every variance, for stability.", in: .from(0),
        search: .logarithmic(1e-12, 1e-3))
    public var varSmoothing = 1e-9

    /// All parameters at their defaults.
    public init() {}

    var givenPriors: [Double]? { priors }
    var learnsPriors: Bool { true }

    static var measuresNonFinite: Bool { true }

    func measure(
        _ rows: BayesRows, like known: ClassStatistics?, _ kernels: Kernels, in context: RunContext
    ) throws -> ClassStatistics {
        let (classes, width) = (rows.labels.count, rows.features.width)
        let found = try kernels.classMoments(
            rows.columns, codes: rows.codes, classes: classes, weights: rows.weights)
        try context.checkCancellation()
        var statistics = ClassStatistics(
            weights: rows.classWeights(), sums: [Double](repeating: 0, count: classes * width),
            squares: [Double](repeating: 0, count: classes * width), values: [])
        for (position, moments) in found.enumerated() {
            let column = rows.features.places[position]
            for (label, found) in moments.enumerated() {
                guard found.mean.isFinite, found.squares.isFinite else {
                    try BayesRows.refuseNonFinite(rows.columns[position], rows.schema.elementName(column))
                    throw ApusError(
                        "the values are too large to square", at: "column '\(rows.schema.elementName(column))'",
                        remedy: "Give it in another unit, or add transform.standardize.")
                }
                statistics.sums[label * width + column] = found.mean
                statistics.squares[label * width + column] = found.squares
            }
        }
        for vector in rows.features.vectors {
            try measure(vector.rows, from: vector.start, of: width, rows, &statistics, kernels)
        }
        if known == nil { tellOfDrowned(statistics, rows.schema, in: context) }
        return statistics
    }

    /// Says so where the smoothing, a share of the largest variance, is more than all that a column varies.
    private func tellOfDrowned(_ statistics: ClassStatistics, _ inputs: Schema, in context: RunContext) {
        let variances = variances(statistics)
        let smoothing = varSmoothing * (variances.max() ?? 0)
        let drowned = variances.indices.filter { variances[$0] > 0 && variances[$0] < smoothing }
        guard let first = drowned.first else { return }
        let more = drowned.count > 1 ? " and \((drowned.count - 1).grouped) more vary" : " varies"
        context.send(
            Warning(
                "Column '\(inputs.elementName(first))'\(more) so little beside others that var_smoothing hides what is in them: add transform.standardize."
            ))
    }

    /// The moments of each class in each element of a vector: two passes over its entries.
    private func measure(
        _ x: SparseRows, from start: Int, of width: Int, _ rows: BayesRows, _ statistics: inout ClassStatistics,
        _ kernels: Kernels
    ) throws {
        let (weights, own) = (statistics.weights, max(1, x.width))
        let sums = try kernels.sums(x, labels: rows.codes, classes: weights.count, factors: rows.weights)
        let means = sums.enumerated().map { weights[$0 / own] > 0 ? $1 / weights[$0 / own] : 0 }
        let found = try kernels.squares(
            x, labels: rows.codes, classes: weights.count, factors: rows.weights, means: means)
        for (place, mean) in means.enumerated() {
            let (label, element) = place.quotientAndRemainder(dividingBy: own)
            let squares = found.squares[place] + max(0, weights[label] - found.weights[place]) * mean * mean
            guard squares.isFinite else {
                throw ApusError(
                    "the values are too large to square", at: "column '\(rows.schema.elementName(start + element))'",
                    remedy: "Give it in another unit.")
            }
            statistics.sums[label * width + start + element] = mean
            statistics.squares[label * width + start + element] = squares
        }
    }

    func terms(_ statistics: ClassStatistics, _ inputs: Schema, labels: [String]) throws -> BayesTerms {
        let width = statistics.places
        let total = variances(statistics)
        let smoothing = varSmoothing * (total.max() ?? 0)
        var base = [Double](repeating: 0, count: labels.count)
        var factors = [Double](repeating: 0, count: statistics.sums.count)
        for label in labels.indices where statistics.weights[label] > 0 {
            for column in 0..<width where total[column] + smoothing > 0 {
                let place = label * width + column
                let variance = statistics.squares[place] / statistics.weights[label] + smoothing
                factors[place] = -0.5 / variance
                guard variance > 0, factors[place].isFinite else {
                    throw ApusError(
                        "in the class '\(labels[label])' every row has the same value, so that nothing else could be of it",
                        at: "column '\(inputs.elementName(column))'", remedy: "Raise var_smoothing.")
                }
                base[label] -= 0.5 * (naturalLogarithm(variance) + 1.8378770664093454836)  // ln 2π
            }
        }
        return BayesTerms(kind: .gaussian(means: statistics.sums, factors: factors), base: base)
    }

    /// Of a normal distribution with the variance of all classes together, which says more than theirs does.
    func information(_ statistics: ClassStatistics, _ inputs: Schema, priors: [Double]) -> [Double] {
        let width = statistics.places
        let smoothing = varSmoothing * (variances(statistics).max() ?? 0)
        return (0..<width).map { column in
            var (mean, variance, own) = (0.0, 0.0, 0.0)
            for (label, prior) in priors.enumerated() where prior > 0 {
                mean += prior * statistics.sums[label * width + column]
            }
            for (label, prior) in priors.enumerated() where prior > 0 {
                let place = label * width + column
                let within = statistics.squares[place] / statistics.weights[label] + smoothing
                let distance = statistics.sums[place] - mean
                variance += prior * (within + distance * distance)
                own += prior * naturalLogarithm(within)
            }
            // A column of one value tells nothing.
            return variance > 0 ? max(0, 0.5 * (naturalLogarithm(variance) - own)) : 0
        }
    }

    /// The variance of each column over all classes.
    private func variances(_ statistics: ClassStatistics) -> [Double] {
        let width = statistics.places
        return (0..<width).map { column in
            statistics.weights.indices.reduce(Moments.empty) { moments, label in
                moments.merged(with: statistics.moments(label * width + column, statistics.weights[label]))
            }.variance
        }
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        try NaiveBayesModel<Self>(state, hasSquares: true, hasValues: false)
    }
}
