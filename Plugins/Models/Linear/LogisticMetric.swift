import ApusCore
import ApusKernels

/// Variables γ in which a logistic loss over standardised columns is nearly round: the coefficients are `S L⁻ᵀ γ`, where
/// `L Lᵀ` is the curvature of loss and penalty, scaled by S to a diagonal of ones.
///
/// The curvature is that of some of the rows, which is near enough: it changes how many steps are needed, not where they
/// lead. Where columns are many against the rows only its diagonal is used. For a single score the variables may start
/// from a point that is not zero: γ is then what is added to it.
struct LogisticMetric: Sendable {
    private let scales: [Double]
    /// Nil for a diagonal one.
    private let factor: CholeskyFactor<Double>?
    /// The coefficients where the variables are 0; empty where they are 0 too.
    private let origin: [Double]
    /// The intercept where its variable is 0, and what a step of 1 adds to it.
    let intercept: (origin: Double, scale: Double)

    /// Keeps the factor's smallest pivots apart from rounding.
    private static let shift = 1e-10
    private static let columnsAtMost = 2048

    /// The metric in which the variables are the coefficients.
    init(identity width: Int) {
        scales = [Double](repeating: 1, count: width)
        factor = nil
        origin = []
        intercept = (0, 1)
    }

    /// A diagonal one; `penalties` are those of ½ · squared coefficients, against a mean loss.
    init(diagonal penalties: [Double]) {
        scales = penalties.map { 1 / (1 + 4 * $0).squareRoot() }
        factor = nil
        origin = []
        intercept = (0, 1)
    }

    /// The metric of the curvature at a point of a single score. The columns' factors are the roots of weight ·
    /// curvature, `total` is Σ weight.
    init(
        _ columns: StandardizedColumns, total: Double, penalties: [Double], around origin: [Double], intercept: Double,
        _ kernels: Kernels
    ) throws {
        let gram = try kernels.gram(columns)
        let mean = (columns.factors?.reduce(0) { $0 + $1 * $1 } ?? total) / total
        (scales, factor) = try Self.factored(penalties.count, kernels) { row, column in
            gram[row, column] / total + (row == column ? penalties[row] : 0)
        }
        self.origin = origin
        self.intercept = (intercept, mean > 0 ? 1 / mean.squareRoot() : 1)
    }

    /// `penalties` are those of ½ · squared coefficients, against a mean loss.
    init(_ columns: StandardizedColumns, penalties: [Double], _ kernels: Kernels, in context: RunContext) throws {
        let width = penalties.count
        origin = []
        intercept = (0, 1)
        guard width > 0, width <= Self.columnsAtMost, columns.rows >= 2 * width, context.communicator.size == 1 else {
            scales = penalties.map { 1 / (1 + 4 * $0).squareRoot() }
            factor = nil
            return
        }
        let sample = try columns.sampled(max(64 * width, 8192))
        let gram = try kernels.gram(sample)
        // Four times the curvature, at most: p (1 − p) is a quarter at most.
        let share = sample.factors.map { $0.reduce(0) { $0 + $1 * $1 } } ?? Double(sample.rows)
        (scales, factor) = try Self.factored(width, kernels) { row, column in
            gram[row, column] / max(share, .leastNormalMagnitude) + (row == column ? 4 * penalties[row] : 0)
        }
    }

    private static func factored(
        _ width: Int, _ kernels: Kernels, _ curvature: (Int, Int) -> Double
    ) throws -> (scales: [Double], factor: CholeskyFactor<Double>?) {
        // A column of which the sample shows nothing has a curvature of 1 all the same: it is standardised.
        let roots = (0..<width).map { curvature($0, $0) > 0 ? 1 / curvature($0, $0).squareRoot() : 1 }
        let scaled = Matrix<Double>(rows: width, columns: width) { target in
            for row in 0..<width {
                for column in 0..<width {
                    target[row * width + column] =
                        row == column ? 1 + shift : curvature(row, column) * roots[row] * roots[column]
                }
            }
        }
        return (roots, try kernels.cholesky(scaled))
    }

    /// The coefficients at the variables γ.
    func coefficients(_ variables: ArraySlice<Double>, _ kernels: Kernels) throws -> [Double] {
        let turned = try factor.map { try kernels.solve(triangle: $0, Array(variables), transposing: true) }
        let steps = zip(turned ?? Array(variables), scales).map { $0 * $1 }
        return origin.isEmpty ? steps : zip(origin, steps).map(+)
    }

    /// The gradient by γ, from that by the coefficients.
    func gradient(_ gradient: [Double], _ kernels: Kernels) throws -> [Double] {
        let scaled = zip(gradient, scales).map { $0 * $1 }
        return try factor.map { try kernels.solve(triangle: $0, scaled, transposing: false) } ?? scaled
    }
}

extension StandardizedColumns {
    /// About `count` of the rows, evenly spaced; all where there are not twice as many.
    fileprivate func sampled(_ count: Int) throws -> StandardizedColumns {
        let step = rows / max(count, 1)
        guard step >= 2 else { return self }
        let places = Array(stride(from: 0, to: rows, by: step))
        func taken(_ buffer: Buffer<Double>) -> Buffer<Double> { Buffer(places.map { buffer[$0] }) }
        return try StandardizedColumns(
            columns.map(taken), means: means, scales: scales, factors: factors.map(taken), rows: places.count)
    }
}
