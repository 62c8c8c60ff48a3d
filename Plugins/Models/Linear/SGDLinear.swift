import ApusCore
import ApusKernels
import Foundation

/// Linear models by stochastic gradient descent: steps along the gradients of small batches, in one pass over the rows
/// after another, also over rows that a reader hands out in parts.
///
/// Minimises the mean of any objective's loss plus `alpha` times the penalty. Rows in memory are visited in an order
/// drawn anew for each epoch; a stream is visited part by part, in an order drawn within each. Features should be of
/// size 1, as the standard pipeline makes them. Cost: one pass over the features an epoch. Memory: the rows packed as
/// doubles, or one part of 16,384 rows of a stream. Of vectors a step touches the entries of its rows alone, unless
/// `average` asks for all coefficients.
///
/// Source: Bottou, "Stochastic gradient descent tricks", 2012; Polyak and Juditsky, SIAM J. Control Optim. 30 (1992),
/// for averages; Duchi and Singer, JMLR 10 (2009), for the steps of an L1 penalty.
public struct SGDLinear: IncrementalLearner {
    /// What is added to the loss.
    public enum Penalty: String, ParameterChoice {
        /// Half the squares of the coefficients.
        case l2
        /// Their sizes.
        case l1
        /// Both, mixed by `l1_ratio`.
        case elasticnet
        /// Nothing.
        case none
    }

    /// How the learning rate changes; t counts steps from 1.
    public enum Schedule: String, ParameterChoice {
        /// `eta0`.
        case constant
        /// `eta0 / t^power_t`.
        case invscaling
        /// `eta0 / (1 + alpha · eta0 · t)`, as Bottou has it.
        case optimal
        /// `eta0`, a fifth of it after `n_iter_no_change` epochs without improvement or where the loss diverges, and so
        /// on.
        case adaptive
    }

    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.sgd_linear", summary: "Linear models by stochastic gradient descent, also from streams of rows",
        source: "Bottou, Stochastic gradient descent tricks, 2012",
        tasks: [.regression, .binary, .multiclass, .multilabel], capabilities: [.streaming, .vectors],
        weights: .inExpectation)

    /// What is minimised.
    @Parameter(
        "The loss that is minimised, an objective; auto takes the one for the kind of answer.", plugin: .objective)
    public var loss = PluginReference.auto
    /// What is added to it.
    @Parameter("What is added to the loss.") public var penalty = Penalty.l2
    /// The penalty's strength.
    @Parameter("Strength of the penalty.", in: .above(0), search: .logarithmic(1e-7, 1e-1)) public var alpha = 1e-4
    /// How much of the penalty is L1, for elasticnet.
    @Parameter("Share of L1 in the penalty elasticnet.", in: .from(0, to: 1)) public var l1Ratio = 0.15
    /// Whether intercepts are learned.
    @Parameter("Learn intercepts.") public var fitIntercept = true
    /// How much the rows of each class count.
    @Parameter(
        "Weight of each class: null, balanced, or a map of labels to weights; times the rows' own weights.",
        in: ClassWeight.interval)
    public var classWeight = ClassWeight.none
    /// Passes over the rows.
    @Parameter("Passes over the rows, at most.", in: .from(1, to: 1_000_000)) public var maxIter = 1000
    /// What counts as improvement.
    @Parameter("The least fall of the mean loss that counts as improvement.", in: .from(0)) public var tol = 1e-3
    /// Epochs without improvement before stopping.
    @Parameter(
        "Epochs without improvement before stopping, or lowering the adaptive rate.", in: .from(1, to: 1_000_000))
    public var nIterNoChange = 5
    /// How the learning rate changes.
    @Parameter("How the learning rate changes.") public var learningRate = Schedule.adaptive
    /// Where it starts.
    @Parameter("The learning rate at the start.", in: .above(0), search: .logarithmic(1e-3, 1)) public var eta0 = 0.1
    /// How fast inverse scaling lowers it.
    @Parameter("Exponent of inverse scaling.", in: .from(0, to: 1)) public var powerT = 0.25
    /// Whether the answer is the mean of all steps.
    @Parameter("Answer by the mean of the coefficients over all steps.") public var average = false
    /// Whether the order of rows is drawn.
    @Parameter("Visit rows in an order drawn for each epoch.") public var shuffle = true
    /// Rows of a step.
    @Parameter("Rows whose gradients make one step.", in: .from(1, to: 1_000_000), unit: "rows") public var batchSize =
        16

    /// The defaults.
    public init() {}

    /// Learns the coefficients; from `model` onward where one is given.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        var run = try SGDRun(self, rows, from: model, in: context)
        try run.fit()
        return run.model
    }

    /// One more pass, over these rows: on the same rows again this is one epoch more of the same fit.
    public func update(_ model: any Model, with rows: TrainingRows, in context: RunContext) throws -> any Model {
        var run = try SGDRun(self, rows, from: model, in: context)
        guard try run.epoch() != nil else { throw run.diverged }
        return run.model
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try SGDModel(restoring: state) }

    /// The learning rate of a step, counted from 1; the adaptive one is `lowered` times a fifth.
    func rate(at step: Int, lowered: Int) -> Double {
        switch learningRate {
        case .constant: return eta0
        case .invscaling: return eta0 / pow(Double(step), powerT)
        case .optimal: return eta0 / (1 + alpha * eta0 * Double(step))
        case .adaptive: return eta0 / pow(5, Double(lowered))
        }
    }

    /// The shares of L1 and L2 in the penalty.
    var penalties: (l1: Double, l2: Double) {
        switch penalty {
        case .l2: (0, alpha)
        case .l1: (alpha, 0)
        case .elasticnet: (alpha * l1Ratio, alpha * (1 - l1Ratio))
        case .none: (0, 0)
        }
    }
}
