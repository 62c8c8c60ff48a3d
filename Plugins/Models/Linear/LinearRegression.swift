import ApusCore
import ApusKernels

/// Least squares: minimises `Σ weight · (y − x · coefficients − intercept)²`.
///
/// Columns are centred and scaled first. The normal equations are solved by Cholesky where their condition leaves ten
/// digits, otherwise by blocked QR with column pivoting on the data; of many solutions the one of least norm (of the
/// scaled coefficients) is taken, with a warning. With vectors: by conjugate gradients, in memory proportional to the
/// entries, at two passes over them an iteration; of many solutions again the one of least norm. Cost: rows · columns² multiplications, half of that for Cholesky.
/// Source: Björck, "Numerical Methods for Least Squares Problems", SIAM 1996; Demmel, Grigori, Hoemmen and Langou,
/// "Communication-optimal parallel and sequential QR and LU factorizations", SIAM J. Sci. Comput. 34 (2012).
public struct LinearRegression: Learner {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.linear_regression", summary: "Least squares",
        source: "Björck, Numerical Methods for Least Squares Problems, 1996", tasks: [.regression],
        capabilities: [.vectors], weights: .exact(tolerance: 1e-6))

    /// Whether an intercept is learned.
    @Parameter("Learn an intercept.") public var fitIntercept = true
    /// How the equations are solved.
    @Parameter("How the equations are solved.") public var solver = LeastSquaresSolver.auto

    /// All parameters at their defaults.
    public init() {}

    /// Learns the coefficients.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try refuseContinuing(model, Self.self, in: context)
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let problem = try RegressionProblem(
            rows, for: Self.self, fitIntercept: fitIntercept, isByProducts: solver != .qr, kernels, in: context)
        var path = RidgePath(problem, solver: solver)
        return try problem.model(try path.solve(alpha: 0, kernels, in: context), of: Self.self)
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try LinearModel(state, plugin: Self.self) }
}

/// Throws where the work is cancelled, or a model is given to continue from.
func refuseContinuing(_ model: (any Model)?, _ learner: any Plugin.Type, in context: RunContext) throws {
    try context.checkCancellation()
    guard model == nil else {
        throw ApusError("\(learner.descriptor.id) does not continue from a model", kind: .usage)
    }
}
