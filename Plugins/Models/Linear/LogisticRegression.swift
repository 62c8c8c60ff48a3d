import ApusCore
import ApusKernels

/// Logistic regression: two classes by one score, more by softmax or by one score each against the rest, labels that do
/// not exclude each other by one score each. Minimises `c · Σ weight · loss + l1_ratio · Σ |coefficients|
/// + ½ · (1 − l1_ratio) · Σ coefficients²`, with `l1_ratio` 0 for the penalty l2 and 1 for l1; intercepts are not
/// penalised.
///
/// Columns are centred and scaled on the way. Without an L1 part the optimizer sees variables in which the curvature of
/// some of the rows is round, so that badly conditioned columns cost no more iterations than others; long tables are
/// first fitted on a tenth of their rows. Cost: one pass over the columns an iteration. With an L1 part: proximal Newton
/// steps by coordinate descent; cost: rows · columns² of the columns in use an iteration and score. Memory: a packed
/// matrix for softmax, else nothing of the table's size. Of vectors only the entries are passed over.
/// Source: McCullagh and Nelder, "Generalized Linear Models", 2nd edition, 1989; Yuan, Ho and Lin, JMLR 13 (2012).
public struct LogisticRegression: Learner {
    /// What is added to the loss.
    public enum Penalty: String, ParameterChoice {
        /// The squares of the coefficients.
        case l2
        /// Their absolute values.
        case l1
        /// Both, in shares that `l1_ratio` gives.
        case elasticnet
        /// Nothing.
        case none
    }

    /// How three or more classes are told apart.
    public enum MultiClass: String, ParameterChoice {
        /// By softmax over one score a class.
        case multinomial
        /// Each class against all others.
        case ovr
    }

    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.logistic_regression", summary: "Logistic regression for two or more classes, or several labels",
        source: "McCullagh and Nelder, Generalized Linear Models, 1989", tasks: [.binary, .multiclass, .multilabel],
        capabilities: [.vectors], weights: .exact(tolerance: 1e-3))

    /// The inverse of the penalty's strength.
    @Parameter("Inverse of the penalty's strength.", in: .above(0), search: .logarithmic(1e-4, 1e4)) public var c = 1.0
    /// What is added to the loss.
    @Parameter("What is added to the loss.") public var penalty = Penalty.l2
    /// The share of absolute values.
    @Parameter("Share of the L1 part in the penalty elasticnet.", in: .from(0, to: 1)) public var l1Ratio = 0.5
    /// How three or more classes are told apart.
    @Parameter("Tell three or more classes apart by softmax, or each against the rest.")
    public var multiClass = MultiClass.multinomial
    /// Whether intercepts are learned.
    @Parameter("Learn intercepts.") public var fitIntercept = true
    /// How much the rows of each class count; balanced, each score by itself where there are several binary ones.
    @Parameter(
        "Weight of each class: null, balanced, or a map of labels to weights; times the rows' own weights.",
        in: ClassWeight.interval)
    public var classWeight = ClassWeight.none
    /// The gradient at which the search ends.
    @Parameter("Stop when no component of the mean gradient (of scaled columns) exceeds this.", in: .from(0))
    public var tol = 1e-6
    /// Iterations at most.
    @Parameter("Iterations at most.", in: .from(1)) public var maxIter = 1000
    /// What minimises the loss.
    @Parameter("What minimises the loss where the penalty has no L1 part.", plugin: .optimizer)
    public var optimizer = PluginReference("optimizer.lbfgs")

    /// All parameters at their defaults.
    public init() {}

    /// Learns the coefficients.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try refuseContinuing(model, Self.self, in: context)
        let target = try rows.target
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let rows = try rows.with(weights: rowWeights(rows, target))
        let problem = try LogisticProblem(self, rows, kernels, in: context)
        let (link, solution): (LinearModel.Link, LogisticProblem.Solution)
        switch target {
        case .classes(let codes, let labels):
            tellOfAbsent(codes, labels, rows.weights, in: context)
            if labels.count == 2 {
                (link, solution) = (.logistic, try problem.binary(codes, kernels, in: context))
            } else if multiClass == .multinomial {
                let found = try problem.multinomial(codes, classes: labels.count, kernels, in: context)
                (link, solution) = (.softmax, found)
            } else {
                let found = try labels.indices.map { label in
                    try problem.binary(Buffer(codes.map { Int($0) == label ? 1 : 0 }), kernels, in: context)
                }
                (link, solution) = (.oneVersusRest, (found.flatMap(\.coefficients), found.flatMap(\.intercepts)))
            }
        case .flags(let flags, let labels):
            let found = try labels.indices.map { label in
                let codes = (0..<target.count).map { Int32(flags[$0 * labels.count + label]) }
                return try problem.binary(Buffer(codes), kernels, in: context)
            }
            (link, solution) = (.independent, (found.flatMap(\.coefficients), found.flatMap(\.intercepts)))
        case .values:
            throw ApusError(
                "\(Self.descriptor.id) learns classes, found a \(try rows.target.task.rawValue) target",
                remedy: "Use model.linear_regression.", kind: .usage)
        }
        guard solution.coefficients.allSatisfy(\.isFinite), solution.intercepts.allSatisfy(\.isFinite) else {
            throw ApusError("the coefficients are not finite", remedy: "Lower c, or look for very large values.")
        }
        return LinearModel(
            plugin: Self.self, link: link, inputs: problem.design.inputs, outputs: Prediction.Schema(for: target),
            coefficients: solution.coefficients, intercepts: solution.intercepts, means: problem.design.means,
            deviations: problem.design.moments.map(\.deviation))
    }

    /// The weights of the rows, by the map of labels where there is one; the balanced ones are a matter of each score.
    private func rowWeights(_ rows: TrainingRows, _ target: Target) throws -> Buffer<Double>? {
        guard case .labels = classWeight else { return rows.weights }
        let factors = try classWeight.factors(for: target, weights: rows.weights)
        let weights = ClassWeight.scale(rows.weights, by: factors, for: target)
        guard weights?.contains(where: { $0 > 0 }) ?? true else {
            throw ApusError("all rows weigh nothing", remedy: "Raise weight or class_weight of some.")
        }
        return weights
    }

    private func tellOfAbsent(
        _ codes: Buffer<Int32>, _ labels: [String], _ weights: Buffer<Double>?, in context: RunContext
    ) {
        var occurs = [Bool](repeating: false, count: labels.count)
        for (row, code) in codes.enumerated() where weights?[row] != 0 { occurs[Int(code)] = true }
        for (label, occurs) in zip(labels, occurs) where !occurs {
            context.send(Warning("Class '\(label)' does not occur in the training rows; its probability is 0."))
        }
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model { try LinearModel(state, plugin: Self.self) }
}

extension LogisticRegression {
    /// The share of absolute values in the penalty.
    var l1Share: Double {
        switch penalty {
        case .none, .l2: 0
        case .l1: 1
        case .elasticnet: l1Ratio
        }
    }

    /// Whether the objective has corners.
    var hasL1: Bool { l1Share > 0 }

    /// The penalty's strength against a mean loss over rows of this weight.
    func strength(total: Double) -> Double { penalty == .none ? 0 : 1 / (c * total) }

    /// What the weights of each class's rows are multiplied by.
    func classFactors(_ totals: [Double]) -> [Double] {
        classWeight == .balanced ? ClassWeight.balanced(totals) : [Double](repeating: 1, count: totals.count)
    }
}
