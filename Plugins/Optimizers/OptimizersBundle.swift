import ApusCore

/// The built-in optimizers.
public enum OptimizersBundle: PluginBundle {
    /// L-BFGS.
    public static var plugins: [any Plugin.Type] { [LBFGS.self] }
}
