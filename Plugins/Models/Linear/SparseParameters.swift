import ApusCore

/// The parameters that the lasso and the elastic net share.
public struct SparseParameters: Configurable {
    /// What messages call them.
    public static var configurationName: String { "model.elastic_net" }

    /// The penalty's strength.
    @Parameter(
        "Strength of the penalty, or auto to choose it by cross-validation.", in: .from(0),
        search: .logarithmic(1e-4, 10)) public var alpha = PenaltyStrength.value(1)
    /// Whether an intercept is learned.
    @Parameter("Learn an intercept.") public var fitIntercept = true
    /// Sweeps at most.
    @Parameter("Sweeps over the coefficients at most, for one strength.", in: .from(1)) public var maxIter = 1000
    /// The slope at which the search ends.
    @Parameter(
        "Stop when no column's correlation with the residual is further than this from its optimum.", in: .from(0))
    public var tol = 1e-6
    /// Whether coefficients may be negative.
    @Parameter("Keep all coefficients at or above 0.") public var positive = false
    /// How coordinates are visited.
    @Parameter("Sweep the coefficients in turn, or draw them at random.") public var selection = CoordinateSelection
        .cyclic
    /// Folds of the choice.
    @Parameter("Folds of the cross-validation by which alpha: auto chooses.", in: .from(2)) public var cv = 5
    /// Reach of the strengths to choose from.
    @Parameter("Least strength that alpha: auto tries, as a share of the greatest.", in: .between(0, 1))
    public var eps = 1e-3
    /// Strengths to choose from.
    @Parameter("Strengths that alpha: auto tries.", in: .from(1)) public var nAlphas = 100

    /// All parameters at their defaults.
    public init() {}
}
