import ApusCore
import ApusKernels

/// Least squares over sparse rows with a diagonal penalty, by conjugate gradients on the normal equations, which are never
/// made: minimises `Σ weight · (target − row · u)² + Σ penalty · u²`.
///
/// Cost: two passes over the entries an iteration. From zero it leads to the solution of least norm where there are many.
/// Source: Björck, "Numerical Methods for Least Squares Problems", SIAM 1996, section 7.4 (CGLS).
struct SparseLeastSquares {
    let design: SparseDesign
    /// Standardised.
    let target: Buffer<Double>
    let weights: Buffer<Double>?
    let penalty: [Double]

    /// The slope, as a share of the first, at which the search ends.
    private static let tolerance = 1e-13
    private static let mostIterations = 10_000
    /// So many iterations without a lower slope mean that rounding has the last word.
    private static let patience = 50

    func solve(_ kernels: Kernels, in context: RunContext) throws -> [Double] {
        let width = penalty.count
        let total = weights?.reduce(0, +) ?? Double(target.count)
        // Each column's own part of the equations.
        let diagonal = penalty.map { total + $0 }
        var u = [Double](repeating: 0, count: width)
        var residuals = Array(target)
        var gradient = try slopes(residuals, u, kernels)
        var scaled = zip(gradient, diagonal).map { $0 / $1 }
        var direction = scaled
        var size = Self.product(gradient, scaled)
        let first = size
        var (best, kept, idle) = (size, u, 0)
        let limit = min(Self.mostIterations, 100 + 4 * min(width, target.count))
        for iteration in 0..<limit {
            try context.checkCancellation()
            if size <= Self.tolerance * Self.tolerance * first || idle >= Self.patience { return kept }
            let image = try design.margins(direction, intercept: 0, kernels)
            let curvature = squares(image) + zip(penalty, direction).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
            guard curvature > 0 else { return kept }
            let step = size / curvature
            for place in 0..<width { u[place] += step * direction[place] }
            for row in residuals.indices { residuals[row] -= step * image[row] }
            gradient = try slopes(residuals, u, kernels)
            scaled = zip(gradient, diagonal).map { $0 / $1 }
            let next = Self.product(gradient, scaled)
            let share = next / size
            for place in 0..<width { direction[place] = scaled[place] + share * direction[place] }
            size = next
            idle = size < best ? 0 : idle + 1
            if size < best { (best, kept) = (size, u) }
            context.send(
                Progress(
                    "fit", completed: iteration + 1, total: limit, metrics: ["slope": (size / first).squareRoot()]))
        }
        if best > 1e-16 * first {
            context.send(
                Warning(
                    "Conjugate gradients stopped after \(limit.grouped) iterations before they converged; raise alpha, or leave out columns that follow from others."
                ))
        }
        return kept
    }

    /// Half the falling gradient: Σ weight · row · residual − penalty · u.
    private func slopes(_ residuals: [Double], _ u: [Double], _ kernels: Kernels) throws -> [Double] {
        let weighted = weights.map { Buffer(zip(residuals, $0).map { $0 * $1 }) } ?? Buffer(residuals)
        let sums = try design.transposedProduct(weighted, total: weighted.reduce(0, +), kernels)
        return zip(sums, zip(penalty, u)).map { $0 - $1.0 * $1.1 }
    }

    private func squares(_ values: Buffer<Double>) -> Double {
        guard let weights else { return values.reduce(0) { $0 + $1 * $1 } }
        return zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
    }

    private static func product(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
