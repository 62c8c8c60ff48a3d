import ApusCore

/// Naive Bayes: classes by the product of what each column says alone.
public enum BayesBundle: PluginBundle {
    /// Gaussian, multinomial, Bernoulli and categorical naive Bayes.
    public static var plugins: [any Plugin.Type] {
        [
            GaussianNaiveBayes.self, MultinomialNaiveBayes.self, BernoulliNaiveBayes.self,
            CategoricalNaiveBayes.self,
        ]
    }
}
