import ApusCore

/// What one fit of a forest, or of a single tree, is told.
struct ForestSettings: Sendable {
    var kind: ForestKind
    var trees = 1
    var growth: ImpurityGrowth
    /// Whether of each column one threshold is drawn, instead of the best being looked for.
    var drawsThresholds = false
    var sampling = RowSampling(bootstrap: false)
}

/// The learners whose models are forests.
enum ForestKind: String, Sendable, CaseIterable {
    case decisionTree
    case extraTrees
    case randomForest

    var plugin: any Learner.Type {
        switch self {
        case .decisionTree: DecisionTree.self
        case .extraTrees: ExtraTrees.self
        case .randomForest: RandomForest.self
        }
    }

    /// The kind whose plugin has this id.
    init?(plugin id: String) {
        guard let kind = ForestKind.allCases.first(where: { $0.plugin.descriptor.id == id }) else { return nil }
        self = kind
    }
}
