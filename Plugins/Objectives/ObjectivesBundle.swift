import ApusCore

/// The built-in objectives.
public enum ObjectivesBundle: PluginBundle {
    /// Squared error, and log loss of two and of more classes.
    public static var plugins: [any Plugin.Type] { [SquaredError.self, LogisticLoss.self, SoftmaxLoss.self] }
}
