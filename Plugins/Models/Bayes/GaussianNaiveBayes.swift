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
        tasks: [.binary, .multiclass], capabilities: [.scaleInvariant], weights: .exact(tolerance: 1e-9))

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

    func places(_ inputs: Schema, values: [[Double]]) -> Int { inputs.fields.count }

    func measure(
        _ rows: BayesRows, like known: ClassStatistics?, _ kernels: Kernels, in context: RunContext
    ) throws -> ClassStatistics {
        let (classes, width) = (rows.labels.count, rows.columns.count)
        let blockWeights = rows.blockWeights()
        var statistics = ClassStatistics(
            weights: [Double](repeating: 0, count: classes), sums: [Double](repeating: 0, count: classes * width),
            squares: [Double](repeating: 0, count: classes * width), values: [])
        for place in blockWeights.indices { statistics.weights[place % classes] += blockWeights[place] }
        var found = [Moments](repeating: .empty, count: classes * width)
        try rows.forEachPart(kernels, in: context) { column, part in
            GaussianNaiveBayes.moments(rows, blockWeights, column, part)
        } merge: { column, part in
            for label in 0..<classes {
                found[label * width + column] = found[label * width + column].merged(with: part[label])
            }
        }
        for (place, moments) in found.enumerated() {
            guard moments.mean.isFinite, moments.squares.isFinite else {
                throw ApusError(
                    "the values are too large to square", at: "column '\(rows.schema.fields[place % width].name)'",
                    remedy: "Give it in another unit, or add transform.standardize.")
            }
            statistics.sums[place] = moments.mean
            statistics.squares[place] = moments.squares
        }
        return statistics
    }

    /// The moments of each class in one column of some rows.
    private static func moments(
        _ rows: BayesRows, _ blockWeights: [Double], _ column: Int, _ part: Range<Int>
    ) -> [Moments] {
        let classes = rows.labels.count
        var result = [Moments](repeating: .empty, count: classes)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 6 * classes) { memory in
            guard let means = memory.baseAddress else { return }
            let (squares, lanes) = (means + classes, means + 2 * classes)
            BayesRows.forEachBlock(part) { block in
                let weights = BayesRows.block(of: block.lowerBound) * classes
                rows.scatter(column, block, into: means, lanes) { x, _ in x }
                for label in 0..<classes {
                    let weight = blockWeights[weights + label]
                    means[label] = weight > 0 ? means[label] / weight : 0
                }
                rows.scatter(column, block, into: squares, lanes) { x, label in
                    let difference = x - means[label]
                    return difference * difference
                }
                for label in 0..<classes {
                    let moments = Moments(
                        weight: blockWeights[weights + label], mean: means[label], squares: squares[label], least: 0,
                        greatest: 0)
                    result[label] = result[label].merged(with: moments)
                }
            }
        }
        return result
    }

    func terms(_ statistics: ClassStatistics, _ inputs: Schema, labels: [String]) throws -> BayesTerms {
        let width = statistics.places
        let total = (0..<width).map { column in
            labels.indices.reduce(Moments.empty) { moments, label in
                moments.merged(with: statistics.moments(label * width + column, statistics.weights[label]))
            }.variance
        }
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
                        at: "column '\(inputs.fields[column].name)'", remedy: "Raise var_smoothing.")
                }
                base[label] -= 0.5 * (naturalLogarithm(variance) + 1.8378770664093454836)  // ln 2π
            }
        }
        return BayesTerms(kind: .gaussian(means: statistics.sums, factors: factors), base: base)
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        try NaiveBayesModel<Self>(state, hasSquares: true, hasValues: false)
    }
}
