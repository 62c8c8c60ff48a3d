import ApusCore
import ApusKernels

/// Steps of stochastic gradient descent along sparse rows: a step touches the coefficients of the entries of its rows
/// alone, and what the penalties would have done to the others is made up for when they are met again.
///
/// What scales all coefficients is one number beside them; what cuts all of them towards 0 adds up to another, of which
/// each element remembers how much it has paid. The coefficients are those of steps that visit all of them, up to rounding.
/// Source: Bottou, "Stochastic gradient descent tricks", 2012, for the scale; Tsuruoka, Tsujii and Ananiadou, "Stochastic
/// gradient descent training for L1-regularized log-linear models with cumulative penalty", ACL 2009, for the cuts.
struct SparseSteps {
    private let x: SparseRows
    private let kernels: SparseStepKernels
    /// A coefficient is this times what is held in its place, when that has been cut by what is due.
    private var factor = 1.0
    /// What all have been cut by so far, in the scale in which they are held.
    private var taken = 0.0
    /// The same when each element was last met; empty where no penalty cuts.
    private var takings: [Double]

    /// Below this the coefficients are brought up to date, and the numbers start anew.
    private static let leastFactor = 1e-100

    init(_ x: SparseRows, cuts: Bool, backend: Backend) {
        self.x = x
        kernels = SparseStepKernels(backend)
        takings = [Double](repeating: 0, count: cuts ? x.width : 0)
    }

    /// Writes the margins of `batch` among `rows` for each score, one row after another.
    mutating func margins(
        _ rows: UnsafeBufferPointer<Int64>, _ batch: Range<Int>, _ coefficients: inout [Double], intercepts: [Double],
        into target: UnsafeMutablePointer<Double>
    ) {
        guard let first = rows.baseAddress.map({ $0 + batch.lowerBound }) else { return }
        let (hasCuts, ahead) = (!takings.isEmpty, rows.count - batch.upperBound)
        takings.withUnsafeMutableBufferPointer { takings in
            coefficients.withUnsafeMutableBufferPointer { held in
                // Without elements there is no entry, and no coefficient is read; any address does.
                kernels.margins(
                    x, first, count: batch.count, ahead: ahead, factor: factor, taken: taken, intercepts: intercepts,
                    takings: hasCuts ? takings.baseAddress : nil, held: held.baseAddress ?? target, into: target)
            }
        }
    }

    /// Takes a step along the gradient of the rows whose margins were asked for: coefficients of their entries become
    /// `keep · w − share · slope`, cut by `cut` towards 0, and all others as well, in time. `residuals` are
    /// `(rows, scores)`.
    mutating func step(
        _ rows: UnsafeBufferPointer<Int64>, _ batch: Range<Int>, scores: Int, residuals: UnsafePointer<Double>,
        share: Double, keep: Double, cut: Double, _ coefficients: inout [Double]
    ) {
        factor *= keep
        if factor < Self.leastFactor { finish(&coefficients) }
        guard let first = rows.baseAddress.map({ $0 + batch.lowerBound }) else { return }
        coefficients.withUnsafeMutableBufferPointer { held in
            guard let held = held.baseAddress else { return }
            kernels.take(
                x, first, count: batch.count, scores: scores, share: share / factor, residuals: residuals, held: held)
        }
        taken += cut / factor
    }

    /// Brings all coefficients up to date.
    mutating func finish(_ coefficients: inout [Double]) {
        for score in 0..<(x.width > 0 ? coefficients.count / x.width : 0) {
            for element in 0..<x.width {
                let (place, due) = (score * x.width + element, takings.isEmpty ? 0 : taken - takings[element])
                let size = max(0, abs(coefficients[place]) - due)
                coefficients[place] = Double(signOf: coefficients[place], magnitudeOf: factor * size)
            }
        }
        for element in takings.indices { takings[element] = 0 }
        (factor, taken) = (1, 0)
    }
}
