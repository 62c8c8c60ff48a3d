import ApusCore
import ApusKernels

/// Least squares with an L1 penalty: minimises
/// `Σ weight · (y − x · coefficients − intercept)² / (2 · Σ weight) + alpha · Σ |coefficients|`.
///
/// With `alpha: auto` the strength is chosen among `n_alphas`, evenly spaced in their logarithms from the least that
/// makes all coefficients 0 down to `eps` of it, by the mean squared error over `cv` folds of the training rows.
/// Cost: rows · columns² multiplications for the products of columns, once for all strengths; of more than 2,048 columns
/// with few rows only those of a working set are made, beside a packed copy of the data. With vectors no products are
/// made: a sweep over the columns of a working set costs their entries, which are held a second time, by columns.
/// Source: Tibshirani, "Regression shrinkage and selection via the lasso", J. R. Stat. Soc. B 58 (1996); Friedman, Hastie
/// and Tibshirani, "Regularization paths for generalized linear models via coordinate descent", J. Stat. Softw. 33 (2010).
public struct Lasso: Learner {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.lasso", summary: "Least squares with an L1 penalty, which sets coefficients to zero",
        source: "Tibshirani, Regression Shrinkage and Selection via the Lasso, JRSS B 58 (1996)", tasks: [.regression],
        capabilities: [.vectors], weights: .exact(tolerance: 1e-6))

    /// All but the share of the L1 penalty, which is 1.
    public var sparse = SparseParameters()

    /// All parameters at their defaults.
    public init() {}

    /// Learns the coefficients.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try refuseContinuing(model, Self.self, in: context)
        let fit = ElasticNetFit(learner: Self.self, l1Ratio: 1, parameters: sparse)
        return try fit.model(rows, in: context)
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try LinearModel(state, plugin: Self.self) }
}
