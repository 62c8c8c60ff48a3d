import ApusCore

/// Extremely randomised trees: of each drawn column one threshold is drawn at random, and the best of these splits is
/// taken; the trees' answers are averaged.
///
/// A threshold is drawn evenly between the least and the greatest value of a node, and moved to the nearest bound of
/// bins: of up to `max_bin` different values that changes nothing. Of categories a random part goes left. Rows are not
/// drawn unless asked for. All else is as in `model.random_forest`. Source: Geurts, Ernst and Wehenkel, "Extremely
/// randomized trees", Machine Learning 63 (2006).
public struct ExtraTrees: Learner {
    /// model.extra_trees
    public static let descriptor = Descriptor(
        id: "model.extra_trees",
        summary: "Averaged trees whose thresholds are drawn at random; takes missing values and categories",
        source: "Geurts et al., Machine Learning 63 (2006)", tasks: Set(LearningTask.allCases),
        capabilities: [.missingValues, .categories, .scaleInvariant], weights: .inExpectation)

    /// How many trees.
    @Parameter("Trees to grow.", in: .from(1, to: 100_000), search: .logarithmic(50, 1_000))
    public var nEstimators = 100
    /// How each tree is grown.
    public var growth = ImpurityGrowth()
    /// Which rows each tree is grown on.
    public var sampling = RowSampling(bootstrap: false)

    /// The defaults.
    public init() {}

    /// Grows the trees.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        let settings = ForestSettings(
            kind: .extraTrees, trees: nEstimators, growth: growth, drawsThresholds: true, sampling: sampling)
        return try ForestRun(settings, rows, from: model, in: context).fit()
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try ForestModel(restoring: state) }
}
