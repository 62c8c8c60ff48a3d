import ApusCore

/// The built-in transforms.
public enum TransformsBundle: PluginBundle {
    /// Imputation, scaling, one-hot encoding, principal components and hashed words.
    public static var plugins: [any Plugin.Type] {
        [Impute.self, Standardize.self, OneHot.self, PCA.self, HashText.self]
    }
}
