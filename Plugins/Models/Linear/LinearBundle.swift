import ApusCore

/// Models whose score is a weighted sum of the features.
public enum LinearBundle: PluginBundle {
    /// Least squares with and without penalties, and logistic regression.
    public static var plugins: [any Plugin.Type] {
        [LinearRegression.self, Ridge.self, Lasso.self, ElasticNet.self, LogisticRegression.self, SGDLinear.self]
    }
}
