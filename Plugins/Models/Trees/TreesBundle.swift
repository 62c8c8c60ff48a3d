import ApusCore

/// Learners that grow trees.
public enum TreesBundle: PluginBundle {
    /// Gradient boosting.
    public static var plugins: [any Plugin.Type] { [GradientBoosting.self] }
}
