import ApusCore
import ApusKernels

/// A network of dense layers, learned from batches of rows in single precision by any optimizer.
///
/// Hidden layers are sums, optionally layer norm, an activation, and dropout while learning. Minimises the mean loss of
/// the objective over a batch plus `alpha / (2 · rows of the batch) · ‖weights‖²`; numbers are learned in units of their
/// deviation. An optimizer that asks for all rows gets them, whatever `batch_size` is. The model is the same, bit for
/// bit, for any number of threads. Cost: an epoch is `6 · rows · weights` operations in matrix products. Memory: the
/// rows in single precision, and what the optimizer remembers.
///
/// Source: Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", Nature 323 (1986);
/// Srivastava et al., "Dropout", JMLR 15 (2014); Ba, Kiros and Hinton, "Layer normalization", 2016.
public struct MultilayerPerceptron: ResumableLearner {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.multilayer_perceptron", summary: "A network of dense layers, learned from batches of rows",
        source: "Rumelhart, Hinton and Williams, Nature 323 (1986)",
        tasks: [.regression, .binary, .multiclass, .multilabel],
        // Sums of single precision in another order: 180 fits of 200 rows lay at most 2e-6 apart, longer ones drift further.
        capabilities: [.validation], weights: .inExpectation, agreement: 1e-3)

    /// Units of each hidden layer.
    @Parameter("Units of each hidden layer, first to last.", in: .from(1, to: 65_536)) public var hiddenLayerSizes = [
        100
    ]
    /// What stands behind the sums of hidden layers.
    @Parameter("What stands behind the sums of hidden layers.") public var activation = Activation.relu
    /// Whether sums are normalised.
    @Parameter("Bring the sums of each hidden layer to mean 0 and deviation 1, row by row.") public var layerNorm =
        false
    /// How much is left out at random.
    @Parameter(
        "Share of hidden units left out at random while learning.", in: .from(0, to: 0.95), search: .linear(0, 0.5))
    public var dropout = 0.0
    /// An L2 penalty on weights.
    @Parameter("L2 penalty on weights, divided by the rows of a batch.", in: .from(0), search: .logarithmic(1e-6, 1e-1))
    public var alpha = 1e-4
    /// What is minimised.
    @Parameter(
        "The loss that is minimised, an objective; auto takes the one for the kind of answer.", plugin: .objective)
    public var objective = PluginReference.auto
    /// What minimises it.
    @Parameter("What minimises the loss, with its learning rate, schedule and weight decay.", plugin: .optimizer)
    public var optimizer = PluginReference("optimizer.adam")
    /// The learning rate, where the optimizer's own is not given.
    @Parameter(
        "Learning rate of the optimizer, unless it is given there; null for the optimizer's default.", in: .above(0),
        search: .logarithmic(1e-4, 1e-1))
    public var learningRate: Double? = nil
    /// Rows whose gradients make a batch.
    @Parameter("Rows of a batch.", in: .from(1, to: 1_000_000_000), unit: "rows", search: .logarithmic(32, 1024))
    public var batchSize = 200
    /// Batches whose gradients make a step.
    @Parameter("Batches whose gradients make one step.", in: .from(1, to: 1_000_000)) public var gradientAccumulation =
        1
    /// The longest gradient that is taken as it is.
    @Parameter("Longer gradients are shortened to this length; 0 for never.", in: .from(0)) public var clipNorm = 0.0
    /// How much the rows of each class count.
    @Parameter(
        "Weight of each class: null, balanced, or a map of labels to weights; times the rows' own weights.",
        in: ClassWeight.interval)
    public var classWeight = ClassWeight.none
    /// Passes over the rows.
    @Parameter("Passes over the rows, at most.", in: .from(1, to: 1_000_000)) public var maxIter = 200
    /// Whether to stop by a validation part, if there is one, and to keep the best epoch.
    @Parameter(
        "Stop by the loss on a validation part, and keep the best epoch; otherwise by that on the rows learned from.")
    public var earlyStopping = true
    /// Epochs without improvement before stopping.
    @Parameter("Epochs without improvement before stopping.", in: .from(1, to: 1_000_000)) public var nIterNoChange = 10
    /// What counts as improvement.
    @Parameter("The least fall of the loss that counts as improvement.", in: .from(0)) public var tol = 1e-4

    /// The defaults.
    public init() {}

    /// Only early stopping looks at a validation part.
    public var wantsValidation: Bool { earlyStopping }

    /// Learns from the rows; a model of the same shape is learned on where it is given.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        var run = try PerceptronRun(self, rows, from: model, in: context)
        return try run.fit()
    }

    /// Goes on from a checkpoint of the same rows and parameters.
    public func resume(_ rows: TrainingRows, from checkpoint: State, in context: RunContext) throws -> any Model {
        var run = try PerceptronRun(self, rows, from: nil, resuming: checkpoint, in: context)
        return try run.fit()
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try MultilayerPerceptronModel(restoring: state) }
}
