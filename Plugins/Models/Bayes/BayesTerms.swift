import ApusCore
import ApusKernels

/// What each column adds to the score of each class, the logarithm of its probability up to a constant.
struct BayesTerms: Sendable {
    /// How a value becomes a term; arrays are `(classes, columns)` or `(classes, places)`.
    enum Kind: Sendable {
        /// factor · (x − mean)².
        case gaussian(means: [Double], factors: [Double])
        /// weight · x.
        case linear(weights: [Double])
        /// weight where x is above the threshold.
        case indicator(threshold: Double, weights: [Double])
        /// The weight of the place that x stands for: `start + x`, or `start` + the rank of x in the column's values;
        /// nothing where x is missing or was never seen.
        case table(starts: [Int], values: [[Double]], weights: [Double])
    }

    let kind: Kind
    /// What a class scores before any column.
    let base: [Double]

    /// Adds the terms of a column for one class to the scores of `count` rows. Rows do not touch each other.
    func add(
        column: Int, of columns: Int, label: Int, _ x: UnsafePointer<Double>, count: Int,
        to scores: UnsafeMutablePointer<Double>
    ) {
        switch kind {
        case .gaussian(let means, let factors):
            let (mean, factor) = (means[label * columns + column], factors[label * columns + column])
            for row in 0..<count {
                let difference = x[row] - mean
                scores[row] += factor * (difference * difference)
            }
        case .linear(let weights):
            let weight = weights[label * columns + column]
            for row in 0..<count { scores[row] += weight * x[row] }
        case .indicator(let threshold, let weights):
            let weight = weights[label * columns + column]
            for row in 0..<count { scores[row] += x[row] > threshold ? weight : 0 }
        case .table(let starts, let values, let weights):
            let (start, end, width) = (starts[column], starts[column + 1], starts[columns])
            for row in 0..<count {
                guard let rank = BayesTerms.rank(x[row], values[column], end - start) else { continue }
                scores[row] += weights[label * width + start + rank]
            }
        }
    }

    /// Adds to `scores`, one a row, what the elements of a vector that start at `start` of `width` say of one class. The
    /// zeros say the same of every row, so that the cost is that of the entries.
    func adding(
        _ x: SparseRows, from start: Int, of width: Int, label: Int, to scores: Buffer<Double>, _ kernels: Kernels
    ) throws -> Buffer<Double> {
        let places = label * width + start..<label * width + start + x.width
        func lifted(_ constant: Double) -> Buffer<Double> { Buffer(scores.map { $0 + constant }) }
        switch kind {
        case .linear(let weights):
            return try kernels.margins(x, coefficients: Array(weights[places]), initial: scores)
        case .indicator(let threshold, let weights):
            let zero: Double = threshold < 0 ? 1 : 0
            return try kernels.margins(
                x.mapValues { ($0 > threshold ? 1 : 0) - zero }, coefficients: Array(weights[places]),
                initial: lifted(zero * weights[places].reduce(0, +)))
        case .gaussian(let means, let factors):
            // factor · (x − mean)² = factor · mean² − 2 · factor · mean · x + factor · x².
            let constant = places.reduce(0) { $0 + factors[$1] * means[$1] * means[$1] }
            let linear = try kernels.margins(
                x, coefficients: places.map { -2 * factors[$0] * means[$0] }, initial: lifted(constant))
            return try kernels.margins(
                x.mapValues { $0 * $0 }, coefficients: Array(factors[places]), initial: linear)
        case .table: return scores
        }
    }

    /// The position of a category: its code, or where it stands among sorted values; nil if it is missing or unknown.
    static func rank(_ x: Double, _ values: [Double], _ count: Int) -> Int? {
        guard !values.isEmpty else { return x >= 0 && x < Double(count) ? Int(x) : nil }
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] < x { low = middle + 1 } else { high = middle }
        }
        return low < values.count && values[low] == x ? low : nil
    }
}
