import ApusCore

/// Models whose score is a weighted sum of the features.
public enum LinearBundle: PluginBundle {
    /// Linear and logistic regression.
    public static var plugins: [any Plugin.Type] { [LinearRegression.self, LogisticRegression.self] }
}
