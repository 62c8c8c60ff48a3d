import ApusCore

/// The built-in objectives.
public enum ObjectivesBundle: PluginBundle {
    /// Losses of numbers, then of classes.
    public static var plugins: [any Plugin.Type] {
        [
            SquaredError.self, AbsoluteError.self, QuantileError.self, HuberError.self, PoissonError.self,
            GammaError.self, LogisticLoss.self, SoftmaxLoss.self, OneVersusAllLoss.self, MultilabelLoss.self,
            FocalLoss.self, ClassBalancedLoss.self, HingeLoss.self, CostSensitiveLoss.self,
        ]
    }
}
