import ApusCore
import ApusKernels
import Foundation

/// Logistic regression with an L2 penalty: two classes by one score, more by softmax. Minimises
/// `c · Σ weight · loss + ½ ‖coefficients‖²`; intercepts are not penalised.
///
/// Columns are centred and scaled on the way into one packed matrix, and the variables by the penalty's curvature, so
/// that the optimizer meets a well-conditioned problem; the minimum is that of the unscaled one. Cost: two passes over
/// the matrix an iteration. Memory: the matrix.
public struct LogisticRegression: Learner {
    /// What is added to the loss.
    public enum Penalty: String, ParameterChoice {
        /// The squares of the coefficients.
        case l2
        /// Nothing.
        case none
    }

    /// How classes are weighted.
    public enum ClassWeight: String, ParameterChoice {
        /// All alike.
        case none
        /// By the inverse of their share.
        case balanced
    }

    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.logistic_regression", summary: "Logistic regression for two or more classes",
        source: "McCullagh and Nelder, Generalized Linear Models, 1989", tasks: [.binary, .multiclass],
        weights: .exact(tolerance: 1e-3))

    /// The inverse of the penalty's strength.
    @Parameter("Inverse of the penalty's strength.", in: .above(0), search: .logarithmic(1e-4, 1e4)) public var c = 1.0
    /// What is added to the loss.
    @Parameter("What is added to the loss.") public var penalty = Penalty.l2
    /// Whether intercepts are learned.
    @Parameter("Learn intercepts.") public var fitIntercept = true
    /// How classes are weighted.
    @Parameter("Weight classes alike, or by the inverse of their share.") public var classWeight = ClassWeight.none
    /// The gradient at which the search ends.
    @Parameter("Stop when no component of the mean gradient (of scaled columns) exceeds this.", in: .from(0))
    public var tol = 1e-6
    /// Iterations at most.
    @Parameter("Iterations at most.", in: .from(1)) public var maxIter = 1000
    /// What minimises the loss.
    @Parameter("What minimises the loss.") public var optimizer = PluginReference("optimizer.lbfgs")

    /// All parameters at their defaults.
    public init() {}

    /// Learns the coefficients.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try context.checkCancellation()
        guard model == nil else {
            throw ApusError("\(Self.descriptor.id) does not continue from a model", kind: .usage)
        }
        guard case .classes(let codes, let labels) = try rows.target else {
            throw ApusError(
                "\(Self.descriptor.id) learns classes, found a \(try rows.target.task.rawValue) target",
                remedy: "Use model.linear_regression.", kind: .usage)
        }
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let design = try Design(rows, isCentred: fitIntercept, kernels, in: context)
        var totals = [Double](repeating: 0, count: labels.count)
        for (row, code) in codes.enumerated() { totals[Int(code)] += rows.weights?[row] ?? 1 }
        totals = try context.communicator.summed(totals)
        let outputs = Prediction.Schema(for: try rows.target)
        let present = labels.indices.filter { totals[$0] > 0 }
        for absent in labels.indices where totals[absent] <= 0 {
            context.send(
                Warning("Class '\(labels[absent])' does not occur in the training rows; its probability is 0."))
        }
        let problem = LogisticProblem(
            design: design, rows: rows, codes: codes, totals: totals, present: present, configuration: self)
        let solution = try present.count < 2 ? problem.constant() : problem.minimise(kernels, in: context)
        guard solution.coefficients.allSatisfy(\.isFinite), solution.intercepts.allSatisfy(\.isFinite) else {
            throw ApusError("the coefficients are not finite", remedy: "Lower c, or look for very large values.")
        }
        return LinearModel(
            plugin: Self.self, link: labels.count == 2 ? .logistic : .softmax, inputs: design.inputs,
            outputs: outputs, coefficients: solution.coefficients, intercepts: solution.intercepts,
            means: design.means, deviations: design.moments.map(\.deviation))
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try LinearModel(state, plugin: Self.self) }
}
