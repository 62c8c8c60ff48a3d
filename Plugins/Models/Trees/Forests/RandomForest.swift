import ApusCore

/// Trees grown each on rows drawn with replacement and on a few columns drawn for each split; their answers are
/// averaged.
///
/// Missing values and categories are taken as they are: the side of a missing value is learned at each split,
/// categories are ordered by the target and cut in two. The model is the same, bit for bit, for any number of threads,
/// either backend and any processor. Cost: a pass over `rows × max_features` bytes a level and tree. Source: Breiman,
/// "Random forests", Machine Learning 45 (2001).
public struct RandomForest: Learner {
    /// model.random_forest
    public static let descriptor = Descriptor(
        id: "model.random_forest",
        summary: "Averaged trees, each on rows and columns drawn at random; takes missing values and categories",
        source: "Breiman, Machine Learning 45 (2001)", tasks: Set(LearningTask.allCases),
        capabilities: [.missingValues, .categories, .scaleInvariant], weights: .inExpectation)

    /// How many trees.
    @Parameter("Trees to grow.", in: .from(1, to: 100_000), search: .logarithmic(50, 1_000))
    public var nEstimators = 100
    /// How each tree is grown.
    public var growth = ImpurityGrowth()
    /// Which rows each tree is grown on.
    public var sampling = RowSampling()

    /// The defaults.
    public init() {}

    /// Grows the trees.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        let settings = ForestSettings(kind: .randomForest, trees: nEstimators, growth: growth, sampling: sampling)
        return try ForestRun(settings, rows, from: model, in: context).fit()
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try ForestModel(restoring: state) }
}
