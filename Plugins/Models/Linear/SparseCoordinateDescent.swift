import ApusCore
import ApusKernels

/// Minimises `½ Σ weight · (residual + shift)² + Σ l1 |u| + ½ Σ l2 u²` over sparse columns by cyclic coordinate descent;
/// columns are centred by what `shift` remembers, so that their zeros cost nothing.
///
/// Between sweeps over all coordinates only those that are not zero are swept. Cost of a sweep: the entries of the columns.
/// Source: Friedman, Hastie and Tibshirani, "Regularization paths for generalized linear models via coordinate descent",
/// J. Stat. Softw. 33 (2010).
struct SparseCoordinateDescent {
    let problem: SparseDescent
    /// The coordinates.
    private(set) var u: [Double]
    /// What the rows lack, but for `shift`.
    private(set) var residuals: [Double]
    /// What every row lacks beside.
    private(set) var shift: Double
    private var sweeps = 0

    /// From coordinates and what they leave of every row; Σ weight · (residual + shift) must be 0 if columns have means.
    init(_ problem: SparseDescent, start: [Double], residuals: [Double], shift: Double = 0) {
        self.problem = problem
        u = start
        self.residuals = residuals
        self.shift = shift
    }

    /// Goes on from the present coordinates with those at `places` until a sweep over them changes none by more than
    /// `tol`, each by the root of its curvature; false where the limit of sweeps ended it.
    mutating func minimise(
        _ places: [Int32], l1: [Double], l2: [Double], tol: Double, maxIter: Int, isRandom: Bool = false,
        _ kernels: Kernels, in context: RunContext
    ) throws -> Bool {
        let limit = sweeps + maxIter
        while sweeps < limit {
            if try sweep(places, l1, l2, isRandom, kernels, in: context) <= tol { return true }
            let support = places.filter { u[Int($0)] != 0 }
            for _ in 0..<20 where sweeps < limit {
                if try sweep(support, l1, l2, isRandom, kernels, in: context) <= tol { break }
            }
        }
        return false
    }

    private mutating func sweep(
        _ places: [Int32], _ l1: [Double], _ l2: [Double], _ isRandom: Bool, _ kernels: Kernels, in context: RunContext
    ) throws -> Double {
        try context.checkCancellation()
        var order = places
        if isRandom {
            let random = CounterRandom(seed: UInt64(sweeps), purpose: "linear.coordinates")
            order = random.permutation(places.count).map { places[$0] }
        }
        sweeps += 1
        return try kernels.sweep(problem, order, l1: l1, l2: l2, u: &u, residuals: &residuals, shift: &shift)
    }

    /// Σ weight · (x − mean) · residual of every column.
    func slopes(_ kernels: Kernels) throws -> [Double] {
        let weighted =
            problem.weights.map { weights in zip(residuals, weights).map { $0 * $1 } } ?? residuals
        let sums = try kernels.margins(
            problem.columns, coefficients: weighted, initial: Buffer(repeating: 0, count: u.count))
        return u.indices.map { sums[$0] + shift * problem.total * problem.means[$0] }
    }
}
