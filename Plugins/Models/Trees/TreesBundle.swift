import ApusCore

/// Learners that grow trees.
public enum TreesBundle: PluginBundle {
    /// Gradient boosting, forests and a single tree.
    public static var plugins: [any Plugin.Type] {
        [GradientBoosting.self, RandomForest.self, ExtraTrees.self, DecisionTree.self]
    }
}
