import ApusCore

/// The built-in transforms.
public enum TransformsBundle: PluginBundle {
    /// Imputation, scaling, one-hot encoding, principal components, hashed words and the columns of vectors.
    public static var plugins: [any Plugin.Type] {
        [Impute.self, Standardize.self, OneHot.self, PCA.self, HashText.self, Expand.self]
    }
}
