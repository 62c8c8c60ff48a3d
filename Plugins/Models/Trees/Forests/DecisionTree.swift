import ApusCore

/// A single tree of splits that lower the impurity of classes, or the squared error, most.
///
/// Missing values and categories are taken as they are: the side of a missing value is learned at each split,
/// categories are ordered by the target and cut in two. The model is the same, bit for bit, for any number of threads,
/// either backend and any processor, and, unless columns are drawn, for any seed. `apus inspect --tree 0`
/// prints it. Source: Breiman, Friedman, Olshen and Stone, "Classification and regression trees", 1984.
public struct DecisionTree: Learner {
    /// model.decision_tree
    public static let descriptor = Descriptor(
        id: "model.decision_tree",
        summary: "A single decision tree, to be read; takes missing values and categories as they are",
        source: "Breiman et al., Classification and Regression Trees, 1984", tasks: Set(LearningTask.allCases),
        capabilities: [.missingValues, .categories, .scaleInvariant], weights: .inExpectation)

    /// How the tree is grown.
    public var growth = ImpurityGrowth(maxFeatures: .all)

    /// The defaults.
    public init() {}

    /// Grows the tree.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        let settings = ForestSettings(kind: .decisionTree, growth: growth)
        return try ForestRun(settings, rows, from: model, in: context).fit()
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try ForestModel(restoring: state) }
}
