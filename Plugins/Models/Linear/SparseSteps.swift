import ApusCore

/// Steps of stochastic gradient descent along sparse rows: a step touches the coefficients of the entries of its rows
/// alone, and what the penalties would have done to the others is made up for when they are met again.
///
/// Between two meetings a coefficient is scaled and cut step by step, which is one scaling and one cut by numbers that run
/// along: the coefficients are those of steps that visit all of them, up to rounding.
/// Source: Langford, Li and Zhang, "Sparse online learning via truncated gradient", JMLR 10 (2009), for the idea.
struct SparseSteps {
    private let x: SparseRows
    private let scores: Int
    /// What a coefficient of size |w| has become since the start: `factor · |w| − taken`, at least 0.
    private var factor = 1.0
    private var taken = 0.0
    /// The same numbers when each element was last met.
    private var factors: [Double]
    private var takings: [Double]
    /// The step in which each element was last moved, counted from 1.
    private var moves: [Int]
    private var count = 0
    /// `(scores, elements)`, zero but for the elements of the present step.
    private var slopes: [Double]

    /// Below this the running numbers start anew.
    private static let leastFactor = 1e-100

    init(_ x: SparseRows, scores: Int) {
        self.x = x
        self.scores = scores
        factors = [Double](repeating: 1, count: x.width)
        takings = [Double](repeating: 0, count: x.width)
        moves = [Int](repeating: 0, count: x.width)
        slopes = [Double](repeating: 0, count: scores * x.width)
    }

    /// Writes the margins of `rows` for each score, one row after another, at up-to-date coefficients.
    mutating func margins(
        _ rows: some Collection<Int64>, _ coefficients: inout [Double], intercepts: [Double],
        into target: UnsafeMutablePointer<Double>
    ) {
        let (indices, values, width) = (x.indices.unsafePointer, x.values.unsafePointer, x.width)
        for (position, row) in rows.enumerated() {
            let entries = x.entries(of: Int(row))
            for entry in entries { refresh(Int(indices[entry]), &coefficients) }
            coefficients.withUnsafeBufferPointer { coefficients in
                for score in 0..<scores {
                    var sum = intercepts[score]
                    for entry in entries { sum += values[entry] * coefficients[score * width + Int(indices[entry])] }
                    target[position * scores + score] = sum
                }
            }
        }
    }

    /// Takes a step along the gradient of `rows`: coefficients of their entries become `keep · w − share · slope`, cut by
    /// `cut` towards 0, and all others as well, in time. `residuals` are `(rows, scores)`.
    mutating func step(
        _ rows: some Collection<Int64>, residuals: UnsafePointer<Double>, share: Double, keep: Double, cut: Double,
        _ coefficients: inout [Double]
    ) {
        let (indices, values, width) = (x.indices.unsafePointer, x.values.unsafePointer, x.width)
        slopes.withUnsafeMutableBufferPointer { slopes in
            for (position, row) in rows.enumerated() {
                for entry in x.entries(of: Int(row)) {
                    for score in 0..<scores {
                        slopes[score * width + Int(indices[entry])] +=
                            residuals[position * scores + score] * values[entry]
                    }
                }
            }
        }
        factor *= keep
        taken = taken * keep + cut
        count += 1
        for row in rows {
            for entry in x.entries(of: Int(row)) {
                let element = Int(indices[entry])
                if moves[element] == count { continue }
                moves[element] = count
                for score in 0..<scores {
                    let place = score * width + element
                    let moved = keep * coefficients[place] - share * slopes[place]
                    slopes[place] = 0
                    let size = max(0, abs(moved) - cut)
                    coefficients[place] = moved < 0 ? -size : size
                }
                factors[element] = factor
                takings[element] = taken
            }
        }
        if factor < Self.leastFactor { finish(&coefficients) }
    }

    /// Brings all coefficients up to date.
    mutating func finish(_ coefficients: inout [Double]) {
        for element in 0..<x.width {
            refresh(element, &coefficients)
            factors[element] = 1
            takings[element] = 0
        }
        (factor, taken) = (1, 0)
    }

    private mutating func refresh(_ element: Int, _ coefficients: inout [Double]) {
        guard factors[element] != factor || takings[element] != taken else { return }
        let ratio = factor / factors[element]
        let lost = taken - takings[element] * ratio
        for place in stride(from: element, to: coefficients.count, by: x.width) {
            let size = max(0, abs(coefficients[place]) * ratio - lost)
            coefficients[place] = coefficients[place] < 0 ? -size : size
        }
        factors[element] = factor
        takings[element] = taken
    }
}
