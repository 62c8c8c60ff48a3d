import ApusCore
import ApusKernels

/// Least squares, with an optional L2 penalty on the coefficients (ridge): minimises
/// `Σ weight · (y − x · coefficients − intercept)² + alpha · ‖coefficients‖²`.
///
/// Columns are centred and scaled first. The normal equations are solved by Cholesky where their condition leaves ten
/// digits, otherwise by blocked QR with column pivoting on the data; of many solutions the one of least norm (of the
/// scaled coefficients) is taken, with a warning. Cost: rows · columns² multiplications, half of that for Cholesky.
/// Source: Björck, "Numerical Methods for Least Squares Problems", SIAM 1996; Demmel, Grigori, Hoemmen and Langou,
/// "Communication-optimal parallel and sequential QR and LU factorizations", SIAM J. Sci. Comput. 34 (2012).
public struct LinearRegression: Learner {
    /// How the equations are solved.
    public enum Solver: String, ParameterChoice {
        /// Cholesky where it keeps ten digits, else QR.
        case auto
        /// The normal equations; an error where they are singular.
        case cholesky
        /// Orthogonal factors of the data.
        case qr
    }

    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.linear_regression", summary: "Least squares, optionally with an L2 penalty (ridge)",
        source: "Björck, Numerical Methods for Least Squares Problems, 1996", tasks: [.regression],
        weights: .exact(tolerance: 1e-6))

    /// The penalty's strength.
    @Parameter("Strength of the L2 penalty on the coefficients.", in: .from(0), search: .logarithmic(1e-3, 1e3))
    public var alpha = 0.0
    /// Whether an intercept is learned.
    @Parameter("Learn an intercept.") public var fitIntercept = true
    /// How the equations are solved.
    @Parameter("How the equations are solved.") public var solver = Solver.auto

    /// All parameters at their defaults.
    public init() {}

    /// Learns the coefficients.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try context.checkCancellation()
        guard model == nil else {
            throw ApusError("\(Self.descriptor.id) does not continue from a model", kind: .usage)
        }
        guard case .values(let target) = try rows.target else {
            throw ApusError(
                "\(Self.descriptor.id) learns numbers, found a \(try rows.target.task.rawValue) target",
                remedy: "Use model.logistic_regression.", kind: .usage)
        }
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let design = try Design(rows, isCentred: fitIntercept, kernels, in: context)
        var found = try kernels.moments([target], weights: rows.weights)
        try context.communicator.combine(&found)
        let moments = found[0]
        guard moments.mean.isFinite, moments.squares.isFinite else {
            try refuseNonFinite(target, "target")
            throw ApusError("the values are too large to square", at: "target", remedy: "Give it in another unit.")
        }
        let mean = fitIntercept ? moments.mean : 0
        let scale =
            fitIntercept
            ? (moments.isConstant ? 0 : moments.deviation)
            : (moments.variance + moments.mean * moments.mean).squareRoot()
        var coefficients = [Double](repeating: 0, count: design.columns.count)
        if scale > 0, !design.active.isEmpty {
            let problem = LeastSquaresProblem(
                columns: try design.standardized(
                    with: (target, mean, scale), factors: rows.weights.map { Buffer($0.map { $0.squareRoot() }) }),
                penalty: design.active.map { alpha / design.deviations[$0] / design.deviations[$0] }, solver: solver)
            let solution = try problem.solve(kernels, in: context)
            if solution.rank < design.active.count {
                context.send(
                    Warning(
                        "\(design.active.count - solution.rank) of \(design.active.count) columns follow from the others; "
                            + "of many equally good solutions the one of least norm is taken."))
            }
            coefficients = design.spread(
                zip(design.active, solution.coefficients).map { $1 * scale / design.deviations[$0] })
        }
        guard coefficients.allSatisfy(\.isFinite) else {
            throw ApusError("the coefficients are not finite", remedy: "Scale the columns, or raise alpha.")
        }
        return LinearModel(
            plugin: Self.self, link: .identity, inputs: design.inputs, outputs: Prediction.Schema(task: .regression),
            coefficients: coefficients, intercepts: [mean], means: design.means,
            deviations: design.moments.map(\.deviation))
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try LinearModel(state, plugin: Self.self) }
}
