import ApusCore

/// How trees that lower impurity are grown: what the learners of forests and of single trees have in common.
public struct ImpurityGrowth: Configurable {
    /// How impure a group of classes is.
    public enum Criterion: String, ParameterChoice {
        /// The chance that two rows differ.
        case gini
        /// The information in bits.
        case entropy
        /// The same as entropy.
        case logLoss = "log_loss"
    }

    /// growth of trees
    public static let configurationName = "growth of trees"

    /// How impure classes or labels are; numbers always take the squared error.
    @Parameter("How the impurity of classes is measured; numbers take the squared error.")
    public var criterion = Criterion.gini
    /// The longest way from the root to a leaf; nil for no limit.
    @Parameter(
        "Splits from the root to a leaf, at most; null for no limit.", in: .from(1, to: 1_000_000),
        search: .linear(3, 20))
    public var maxDepth: Int? = nil
    /// Rows of a node that may be split, at least.
    @Parameter("Rows of a node that may be split, at least.", in: .from(2, to: 1_000_000_000), unit: "rows")
    public var minSamplesSplit = 2
    /// Rows of a leaf, at least.
    @Parameter("Rows of a leaf, at least.", in: .from(1, to: 1_000_000_000), unit: "rows", search: .logarithmic(1, 50))
    public var minSamplesLeaf = 1
    /// Leaves of a tree, at most; the best splits come first. Nil for no limit.
    @Parameter("Leaves of a tree, at most, the best splits first; null for no limit.", in: .from(2, to: 1_000_000_000))
    public var maxLeafNodes: Int? = nil
    /// How much a split has to lower the impurity of the whole tree.
    @Parameter("How much a split has to lower the impurity, weighted by its share of the rows.", in: .from(0))
    public var minImpurityDecrease = 0.0
    /// Columns that are drawn for a split; more only where all of them are constant in the node.
    @Parameter(
        "Columns drawn for a split: a share below 1, a count, or a word; auto is sqrt, a third for numbers.",
        in: .above(0))
    public var maxFeatures = MaxFeatures.auto
    /// How much the rows of each class count.
    @Parameter(
        "Weight of each class: null, balanced, or a map of labels to weights; times the rows' own weights.",
        in: ClassWeight.interval)
    public var classWeight = ClassWeight.none
    /// Bins of a feature, at most, besides the one for missing values.
    @Parameter("Bins of a feature, at most, besides the one for missing values.", in: .from(2, to: 255))
    public var maxBin = 255

    /// The defaults.
    public init() {}

    /// The defaults, but for the columns drawn.
    init(maxFeatures: MaxFeatures) { self.maxFeatures = maxFeatures }
}
