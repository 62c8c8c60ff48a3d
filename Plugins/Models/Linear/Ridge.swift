import ApusCore
import ApusKernels

/// Least squares with an L2 penalty: minimises
/// `Σ weight · (y − x · coefficients − intercept)² + alpha · ‖coefficients‖²`; the intercept is not penalised.
///
/// Solved as `LinearRegression` is, vectors included; fewer rows than columns are solved by a system of the rows' size. With `alpha: auto`
/// the strength is the one of `alphas` with the least mean squared error over `cv` folds of the training rows.
/// Source: Hoerl and Kennard, "Ridge regression", Technometrics 12 (1970).
public struct Ridge: Learner {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.ridge", summary: "Least squares with an L2 penalty",
        source: "Hoerl and Kennard, Ridge Regression, Technometrics 12 (1970)", tasks: [.regression],
        capabilities: [.vectors], weights: .exact(tolerance: 1e-6))

    /// The penalty's strength.
    @Parameter(
        "Strength of the L2 penalty on the coefficients, or auto to choose it by cross-validation.", in: .from(0),
        search: .logarithmic(1e-3, 1e3)) public var alpha = PenaltyStrength.value(1)
    /// Whether an intercept is learned.
    @Parameter("Learn an intercept.") public var fitIntercept = true
    /// How the equations are solved.
    @Parameter("How the equations are solved.") public var solver = LeastSquaresSolver.auto
    /// Strengths to choose from.
    @Parameter("Strengths that alpha: auto chooses from.", in: .from(0)) public var alphas = [0.1, 1, 10]
    /// Folds of the choice.
    @Parameter("Folds of the cross-validation by which alpha: auto chooses.", in: .from(2)) public var cv = 5

    /// All parameters at their defaults.
    public init() {}

    /// There has to be a strength to choose.
    public func validate() throws {
        if alphas.isEmpty {
            throw ApusError("there is no strength to choose from", at: "parameter 'alphas'", kind: .usage)
        }
    }

    /// Learns the coefficients.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try refuseContinuing(model, Self.self, in: context)
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let problem = try RegressionProblem(
            rows, for: Self.self, fitIntercept: fitIntercept, isByProducts: solver != .qr, kernels, in: context)
        var path = RidgePath(problem, solver: solver)
        if case .value(let alpha) = alpha {
            return try problem.model(try path.solve(alpha: alpha, kernels, in: context), of: Self.self)
        }
        let search = AlphaSearch(
            learner: Self.self, alphas: alphas.sorted(by: >), folds: cv, fitIntercept: fitIntercept)
        let best = try search.best(on: rows, kernels, in: context) { RidgePath($0, solver: solver) }
        return try problem.model(
            try path.solve(alpha: best.alpha, kernels, in: context), of: Self.self, choices: best.facts)
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try LinearModel(state, plugin: Self.self) }
}
