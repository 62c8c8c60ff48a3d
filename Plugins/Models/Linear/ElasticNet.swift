import ApusCore
import ApusKernels

/// Least squares with L1 and L2 penalties: minimises `Σ weight · (y − x · coefficients − intercept)² / (2 · Σ weight)
/// + alpha · l1_ratio · Σ |coefficients| + ½ · alpha · (1 − l1_ratio) · Σ coefficients²`.
///
/// With `alpha: auto` the strength is chosen among `n_alphas`, evenly spaced in their logarithms from the least that
/// makes all coefficients 0 down to `eps` of it, by the mean squared error over `cv` folds of the training rows.
/// Cost: rows · columns² multiplications for the products of columns, once for all strengths; of more than 2,048 columns
/// with few rows only those of a working set are made, beside a packed copy of the data. With vectors no products are
/// made: a sweep over the columns of a working set costs their entries, which are held a second time, by columns.
/// Source: Zou and Hastie, "Regularization and variable selection via the elastic net", J. R. Stat. Soc. B 67 (2005).
public struct ElasticNet: Learner {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.elastic_net", summary: "Least squares with L1 and L2 penalties together",
        source: "Zou and Hastie, Regularization and Variable Selection via the Elastic Net, JRSS B 67 (2005)",
        tasks: [.regression],
        capabilities: [.vectors], weights: .exact(tolerance: 1e-6))

    /// The share of the L1 penalty.
    @Parameter(
        "Share of the L1 penalty: 1 is the lasso, 0 squares alone.", in: .from(0, to: 1), search: .linear(0.05, 1))
    public var l1Ratio = 0.5
    /// What it shares with the lasso.
    public var sparse = SparseParameters()

    /// All parameters at their defaults.
    public init() {}

    /// Without an L1 penalty no strength sets all coefficients to 0, and there is nothing to start from.
    public func validate() throws {
        if sparse.alpha == .auto, l1Ratio == 0 {
            throw ApusError(
                "alpha: auto needs an L1 penalty", at: "parameter 'l1_ratio'", remedy: "Use model.ridge.", kind: .usage)
        }
    }

    /// Learns the coefficients.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try refuseContinuing(model, Self.self, in: context)
        let fit = ElasticNetFit(learner: Self.self, l1Ratio: l1Ratio, parameters: sparse)
        return try fit.model(rows, in: context)
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try LinearModel(state, plugin: Self.self) }
}
