/// What plugins come as.
public enum PluginKind: String, Sendable, Codable, CaseIterable {
    /// Turns bytes into tables.
    case reader
    /// Turns tables into tables.
    case transform
    /// Learns a model.
    case model
    /// Turns gradients into steps.
    case optimizer
    /// Measures how wrong a score is.
    case objective
    /// Hears events and raises alerts.
    case monitor
    /// Turns predictions into predictions.
    case output
}

/// What a plugin can do beyond the least; what is not declared is refused.
public enum Capability: String, Sendable, Codable, CaseIterable {
    /// Takes missing feature values as they are.
    case missingValues = "missing_values"
    /// Takes category columns as they are.
    case categories
    /// Takes text columns.
    case text
    /// Takes timestamp columns.
    case timestamps
    /// Takes vector columns: many numbers a row, most of them 0.
    case vectors
    /// Does not care about the scale of its features.
    case scaleInvariant = "scale_invariant"
    /// Learns several targets at once.
    case multipleTargets = "multiple_targets"
    /// A transform that sees the target.
    case usesTarget = "uses_target"
    /// Fits on a stream of batches.
    case streaming
    /// Makes use of a validation part, for instance to stop early.
    case validation
    /// Adds offsets to its scores.
    case offsets
}

/// What a weight of 2 means against a row that stands there twice.
public enum WeightMeaning: Sendable, Equatable {
    /// Weights are refused.
    case none
    /// The same model, up to this relative difference in its predictions.
    case exact(tolerance: Double)
    /// The same on average over the plugin's random choices.
    case inExpectation
}

/// What a plugin is.
public struct Descriptor: Sendable {
    /// The id, such as `model.gradient_boosting`: a family, a dot, a name in snake case.
    public let id: String
    /// The version of its fitted state; raise it when old state needs `migrate`.
    public let version: Int
    /// One line.
    public let summary: String
    /// Where the method comes from: a citation or an address.
    public let source: String
    /// What a learner can learn.
    public let tasks: Set<LearningTask>
    /// What it can do beyond the least.
    public let capabilities: Set<Capability>
    /// What weights mean to a learner.
    public let weights: WeightMeaning
    /// How far, relative, the answers of models learned by the two backends may lie apart: what an iterative method
    /// makes of different rounding, more in single precision.
    public let agreement: Double

    /// A descriptor.
    public init(
        id: String, version: Int = 1, summary: String, source: String = "", tasks: Set<LearningTask> = [],
        capabilities: Set<Capability> = [], weights: WeightMeaning = .none,
        agreement: Double = 1e-6
    ) {
        self.id = id
        self.version = version
        self.summary = summary
        self.source = source
        self.tasks = tasks
        self.capabilities = capabilities
        self.weights = weights
        self.agreement = agreement
    }
}

/// A plugin's configuration. Using it never changes it.
public protocol Plugin: Configurable {
    /// What it is.
    static var descriptor: Descriptor { get }
    /// What it comes as; each plugin protocol answers this.
    static var kind: PluginKind { get }
}

extension Plugin {
    /// Its id.
    public static var configurationName: String { descriptor.id }
}
