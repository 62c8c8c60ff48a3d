import ApusCore

/// The parameters of naive Bayes over counts.
public struct CountSmoothing: Configurable {
    /// What messages call them.
    public static var configurationName: String { "naive Bayes" }

    /// Smoothing.
    @Parameter(
        "Count that is added to every count in every class.", in: .above(0),
        search: .logarithmic(1e-3, 10))
    public var alpha = 1.0
    /// Whether priors are learned.
    @Parameter("Learn the classes' prior probabilities; else all are alike.") public var fitPrior =
        true
    /// Given priors.
    @Parameter(
        "Prior probabilities of the classes in the labels' order; null learns them.",
        in: .from(0, to: 1))
    public var classPrior: [Double]? = nil

    /// All parameters at their defaults.
    public init() {}
}

/// A naive Bayes whose statistics are counts.
protocol CountingNaiveBayes: NaiveBayes {
    var smoothing: CountSmoothing { get }
}

extension CountingNaiveBayes {
    var givenPriors: [Double]? { smoothing.classPrior }
    var learnsPriors: Bool { smoothing.fitPrior }
    var alpha: Double { smoothing.alpha }
}
