import ApusCore
import ApusKernels

/// Elastic nets over sparse rows for one strength of penalty after another, each from the solution of the last.
///
/// A working set of columns, those that the slope calls for, is descended; it is enlarged until no other column is called
/// for. Memory: the entries a second time, by columns.
struct SparseElasticNetPath {
    private let problem: RegressionProblem
    private let design: SparseDesign
    private let l1Ratio: Double
    private let settings: CoordinateDescent.Settings
    private var descent: SparseCoordinateDescent

    init(
        _ problem: RegressionProblem, _ design: SparseDesign, l1Ratio: Double, settings: CoordinateDescent.Settings,
        in context: RunContext
    ) throws {
        guard context.communicator.size == 1 else {
            throw ApusError("an L1 penalty on vectors works on one process", kind: .usage)
        }
        self.problem = problem
        self.design = design
        self.l1Ratio = l1Ratio
        self.settings = settings
        let total = problem.target.weight
        // Columns are standardised but for their factors.
        let curvatures = design.factors.map { total / $0 / $0 }
        descent = SparseCoordinateDescent(
            try SparseDescent(
                columns: try design.x.transposed(), means: design.shifts, weights: problem.weights, total: total,
                curvatures: curvatures, isPositive: settings.isPositive),
            start: [Double](repeating: 0, count: design.x.width), residuals: problem.target.standardized)
    }

    /// The least strength at which all coefficients are zero. Asked before any is solved.
    func greatestAlpha(_ kernels: Kernels) throws -> Double {
        let slopes = try descent.slopes(kernels)
        return slopes.indices.reduce(0) { greatest, place in
            let slope = settings.isPositive ? slopes[place] : abs(slopes[place])
            let deviation = problem.design.deviations[problem.design.active[place]] * design.factors[place]
            return max(greatest, slope * deviation * problem.target.scale / problem.target.weight / l1Ratio)
        }
    }

    /// Coefficients of the standardised elements and target.
    mutating func solve(alpha: Double, _ kernels: Kernels, in context: RunContext) throws -> [Double] {
        let (l1, l2) = penalties(alpha)
        var isWorking = descent.u.map { $0 != 0 }
        var sharpness = 0.1
        var slopes = try descent.slopes(kernels)
        while true {
            var isDone = true
            for (place, excess) in excesses(slopes, l1, l2).enumerated() where excess > settings.tol {
                isWorking[place] = true
                isDone = false
            }
            if isDone { break }
            let places = isWorking.indices.filter { isWorking[$0] }.map { Int32($0) }
            let hasConverged = try descent.minimise(
                places, l1: l1, l2: l2, tol: problem.target.weight.squareRoot() * settings.tol * sharpness,
                maxIter: settings.maxIter, isRandom: settings.isRandom, kernels, in: context)
            slopes = try descent.slopes(kernels)
            guard hasConverged else {
                context.send(
                    Warning(
                        "Coordinate descent stopped after \(settings.maxIter) sweeps at alpha \(alpha) before it converged; raise max_iter, tol or alpha."
                    ))
                break
            }
            // Of columns that are much alike each moves little, however steep the slope is: steps have to be smaller yet.
            sharpness /= 10
            if sharpness < 1e-9 { break }
        }
        return zip(descent.u, design.factors).map { $0 / $1 }
    }

    /// What a coordinate and its square cost, against half the sum of squares.
    private func penalties(_ alpha: Double) -> (l1: [Double], l2: [Double]) {
        let (total, scale) = (problem.target.weight, problem.target.scale)
        let limit = Double.greatestFiniteMagnitude.squareRoot()
        let spreads = zip(problem.design.active, design.factors).map { problem.design.deviations[$0] * $1 }
        return (
            spreads.map { min(total * alpha * l1Ratio / $0 / scale, limit) },
            spreads.map { min(total * alpha * (1 - l1Ratio) / $0 / $0, limit) }
        )
    }

    /// How far the mean slope of each standardised column lies from where its coordinate would rest.
    private func excesses(_ slopes: [Double], _ l1: [Double], _ l2: [Double]) -> [Double] {
        slopes.indices.map { place in
            let (u, slope) = (descent.u[place], slopes[place] - l2[place] * descent.u[place])
            let distance =
                u != 0
                ? abs(slope - (u > 0 ? l1[place] : -l1[place]))
                : (settings.isPositive ? slope : abs(slope)) - l1[place]
            return distance * design.factors[place] / problem.target.weight
        }
    }
}
