import ApusCore
import ApusKernels

/// Least squares with squared penalties. From the second strength on the normal equations are there already.
struct RidgePath: PenaltyPath {
    private let problem: RegressionProblem
    private let solver: LeastSquaresSolver
    private var gram: Matrix<Double>?
    private var solved = 0

    /// Below this estimate of the reciprocal condition the accurate way is taken.
    private static let leastCondition = 1e-6

    init(_ problem: RegressionProblem, solver: LeastSquaresSolver) {
        self.problem = problem
        self.solver = solver
    }

    mutating func solve(alpha: Double, _ kernels: Kernels, in context: RunContext) throws -> [Double] {
        if let sparse = problem.sparse {
            guard context.communicator.size == 1 else {
                throw ApusError("least squares with vectors work on one process", kind: .usage)
            }
            return try SparseLeastSquares(
                design: sparse, target: Buffer(problem.target.standardized), weights: problem.weights,
                penalty: problem.squaredPenalty(alpha)
            ).solve(kernels, in: context)
        }
        guard let columns = problem.columns else {
            return [Double](repeating: 0, count: problem.design.active.count)
        }
        let penalty = problem.squaredPenalty(alpha)
        solved += 1
        if solved > 1, solver != .qr, columns.rows >= penalty.count,
            let found = try solveNormalEquations(columns, penalty, kernels, in: context)
        {
            return found
        }
        let solution = try LeastSquaresProblem(
            columns: columns, penalty: penalty, solver: solver, weights: problem.weights, products: problem.products
        ).solve(kernels, in: context)
        let missing = penalty.count - solution.rank
        if missing > 0 {
            context.send(
                Warning(
                    "\(missing) of \(penalty.count) columns follow from the others; of many equally good solutions the "
                        + "one of least norm is taken."))
        }
        return solution.coefficients
    }

    private mutating func solveNormalEquations(
        _ columns: StandardizedColumns, _ penalty: [Double], _ kernels: Kernels, in context: RunContext
    ) throws -> [Double]? {
        let width = penalty.count
        let gram = try self.gram ?? problem.products ?? kernels.gram(columns).summed(in: context)
        self.gram = gram
        let matrix = Matrix<Double>(rows: width, columns: width) { target in
            for row in 0..<width {
                for column in 0..<width { target[row * width + column] = gram[row, column] }
                target[row * width + row] += penalty[row]
            }
        }
        guard let factor = try kernels.cholesky(matrix), factor.reciprocalCondition >= Self.leastCondition else {
            return nil
        }
        return try kernels.solve(factor, (0..<width).map { gram[$0, width] })
    }
}

extension Matrix where Element == Double {
    /// The elements summed over all processes.
    func summed(in context: RunContext) throws -> Matrix {
        guard context.communicator.size > 1 else { return self }
        return Matrix(Buffer(try context.communicator.summed(Array(elements))), rows: rows, columns: columns)
    }
}
