import ApusCore

/// The built-in optimizers.
public enum OptimizersBundle: PluginBundle {
    /// L-BFGS for smooth functions on all rows; the others step along one gradient at a time.
    public static var plugins: [any Plugin.Type] {
        [
            LBFGS.self, GradientDescent.self, SGD.self, AdaGrad.self, RMSProp.self, Adam.self, AdamW.self,
        ]
    }
}
