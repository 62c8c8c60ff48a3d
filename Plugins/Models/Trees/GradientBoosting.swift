import ApusCore
import ApusKernels

/// Gradient-boosted trees, grown leaf by leaf on histograms of integers.
///
/// Each tree fits the gradient of the loss with Newton steps. Missing values and categories are taken as they are: the
/// side of a missing value is learned at each split, categories are split into subsets ordered by gradient. The model
/// is the same, bit for bit, for any number of threads, either backend, any processor, and any order of the rows (up
/// to 200,000 of them; beyond, bounds of bins come from a sample keyed by row id, and where `searchRows` asks for less than
/// all rows, so do the splits of each tree). Processes that share the rows through the context's communicator, with one
/// schema and the ids of the whole, all end with the model that one would have learned from all rows, bit for bit; each
/// holds the targets and weights of all, beside the features of its share.
///
/// Cost: a pass over `rows × columns` bytes a level of the tree and output. Source: Friedman, "Greedy function
/// approximation", Annals of Statistics 29 (2001); Ke et al., "LightGBM", NIPS 2017, for growth by leaves and for the
/// treatment of categories.
public struct GradientBoosting: ResumableLearner {
    /// model.gradient_boosting
    public static let descriptor = Descriptor(
        id: "model.gradient_boosting",
        summary: "Boosted decision trees on histograms; takes missing values and categories as they are",
        source: "Friedman, Annals of Statistics 29 (2001); Ke et al., LightGBM, NIPS 2017",
        tasks: [.regression, .binary, .multiclass, .multilabel],
        capabilities: [.missingValues, .categories, .scaleInvariant, .validation, .offsets], weights: .inExpectation)

    /// The loss that is minimised.
    @Parameter(
        "The loss that is minimised, an objective; auto takes the one for the kind of answer.", plugin: .objective)
    public var objective = PluginReference.auto
    /// How many times a tree (for several classes: one a class) is added.
    @Parameter(
        "Trees to build, for several classes as many for each.", in: .from(0, to: 100_000),
        search: .logarithmic(50, 1_000))
    public var nEstimators = 100
    /// Leaves of a tree, at most.
    @Parameter("Leaves of a tree, at most.", in: .from(2, to: 65_535), search: .logarithmic(7, 255))
    public var numLeaves = 31
    /// Splits on the way to a leaf, at most.
    @Parameter("Splits on the way to a leaf, at most; 0 for no limit.", in: .from(0, to: 65_535))
    public var maxDepth = 0
    /// Whether the best leaf is split first, or all leaves of a depth.
    @Parameter("Which leaf is split next: the one that gains most, or the least deep.")
    public var growPolicy = GrowPolicy.leafWise
    /// Bins of a feature, at most, besides the one for missing values.
    @Parameter("Bins of a feature, at most, besides the one for missing values.", in: .from(2, to: 255))
    public var maxBin = 255
    /// The part of each tree's values that is added.
    @Parameter("The part of each tree's values that is added.", in: .above(0, to: 10), search: .logarithmic(0.01, 0.3))
    public var learningRate = 0.1
    /// Rows of a leaf, at least; exact.
    @Parameter("Rows of a leaf, at least.", in: .from(1, to: 1_000_000_000), unit: "rows", search: .logarithmic(1, 200))
    public var minSamplesLeaf = 20
    /// Sum of hessians of a leaf, at least.
    @Parameter("Sum of hessians of a leaf, at least.", in: .from(0, to: 1e100))
    public var minChildWeight = 1e-3
    /// What a split must gain, as LightGBM measures it: twice the fall of the loss, to second order.
    @Parameter("What a split must gain: twice the fall of the loss, to second order.", in: .from(0, to: 1e100))
    public var minSplitGain = 0.0
    /// L1 penalty on the values of leaves.
    @Parameter("L1 penalty on the values of leaves.", in: .from(0, to: 1e100), search: .linear(0, 10))
    public var regAlpha = 0.0
    /// L2 penalty on the values of leaves.
    @Parameter("L2 penalty on the values of leaves.", in: .from(0, to: 1e100), search: .linear(0, 10))
    public var regLambda = 0.0
    /// The share of the rows that each tree is grown on, drawn by row id.
    @Parameter("The share of the rows that each iteration is grown on.", in: .above(0, to: 1), search: .linear(0.5, 1))
    public var subsample = 1.0
    /// How many rows the splits of a tree are searched on, at least; of tables more than twice as large a sample is drawn,
    /// of no less than a quarter of the rows. Leaf values always come from all rows. Rows count by their gradients (Kish's
    /// effective sample size), so that rare classes and outliers keep all rows in the search, as do losses whose leaves are
    /// not Newton steps and trees of more than 256 leaves.
    @Parameter(
        "Rows that a tree's splits are searched on, at least, counted by their gradients; 0 for all.",
        in: .from(0, to: 1_000_000_000), unit: "rows")
    public var searchRows = 330_000
    /// The share of the columns that each tree may split.
    @Parameter("The share of the columns that each tree may split.", in: .above(0, to: 1), search: .linear(0.3, 1))
    public var colsampleBytree = 1.0
    /// The share of a tree's columns that each of its levels may split.
    @Parameter("The share of a tree's columns that each of its levels may split.", in: .above(0, to: 1))
    public var colsampleBylevel = 1.0
    /// Columns that predictions may only rise with, or only fall.
    @Parameter("Columns that predictions may only rise with (increasing) or fall with (decreasing).")
    public var monotoneConstraints: [String: MonotoneDirection] = [:]
    /// Sets of columns; the splits on one way down a tree stay within one of them. Columns in none make a set of their
    /// own.
    @Parameter(
        "Sets such as [[a, b], [c]]: one way down a tree splits columns of one; those in none make a set of their own.")
    public var interactionConstraints: [ColumnSelector] = []
    /// Up to this many categories in a leaf, one is split off from the others.
    @Parameter("Up to this many categories in a leaf, one is split off from the rest.", in: .from(0, to: 256))
    public var maxCatToOnehot = 4
    /// Categories in the smaller of two ordered subsets, at most.
    @Parameter("Categories in the smaller of two subsets, at most.", in: .from(1, to: 256))
    public var maxCatThreshold = 32
    /// Added to a category's hessian when categories are ordered by gradient; rarer categories stay with the others.
    @Parameter("Smooths the order of categories; rarer ones stay with the others.", in: .from(0, to: 1e9))
    public var catSmooth = 10.0
    /// L2 penalty that splits into subsets of categories pay in addition.
    @Parameter("L2 penalty that subsets of categories pay in addition.", in: .from(0, to: 1e100))
    public var catL2 = 10.0
    /// Rows between two subsets of categories that are tried, at least.
    @Parameter("Rows between two subsets of categories that are tried, at least.", in: .from(1, to: 1_000_000_000))
    public var minDataPerGroup = 100
    /// How much the rows of each class count.
    @Parameter(
        "Weight of each class: null, balanced, or a map of labels to weights; times the rows' own weights.",
        in: ClassWeight.interval)
    public var classWeight = ClassWeight.none
    /// Whether to stop when answers for a validation part, if there is one, no longer improve, and to keep the best
    /// iteration.
    @Parameter("Stop when answers for a validation part no longer improve, and keep the best iteration.")
    public var earlyStopping = true
    /// What early stopping goes by: the loss, or the name of one of the context's metrics.
    @Parameter("What early stopping goes by: loss, or a metric such as roc_auc.")
    public var scoring = GradientBoosting.lossName
    /// Iterations without improvement before stopping.
    @Parameter("Iterations without improvement before stopping early.", in: .from(1, to: 100_000))
    public var nIterNoChange = 20

    static let lossName = "loss"

    /// The defaults.
    public init() {}

    /// Only early stopping looks at a validation part.
    public var wantsValidation: Bool { earlyStopping }

    /// Boosts trees on the rows; `model` is continued where it is given.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try BoostingRun(self, rows, from: model, in: context).fit()
    }

    /// The model that the fit which saved `checkpoint` would have ended with, bit for bit.
    public func resume(_ rows: TrainingRows, from checkpoint: State, in context: RunContext) throws -> any Model {
        try BoostingRun(self, rows, from: nil, resuming: checkpoint, in: context).fit()
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        try GradientBoostingModel(BoostedTrees(restoring: state))
    }
}
