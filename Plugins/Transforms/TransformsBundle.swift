import ApusCore

/// The built-in transforms.
public enum TransformsBundle: PluginBundle {
    /// Imputation, scaling and one-hot encoding.
    public static var plugins: [any Plugin.Type] { [Impute.self, Standardize.self, OneHot.self] }
}
