import ApusCore

/// Steps of one length in each variable: `x ← x − rate · (sign(beta1 · m + (1 − beta1) · g) + weight_decay · x)`, then
/// `m ← beta2 · m + (1 − beta2) · g`. The rate falls evenly to 0, or steps of one length would never settle.
///
/// Any learner that takes an optimizer takes this one: `--set model.optimizer=lion`. Memory: one vector.
public struct Lion: Optimizer {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "optimizer.lion", summary: "Steps by the sign of a fading mean gradient",
        source: "Chen et al., Symbolic Discovery of Optimization Algorithms, NeurIPS 2023")

    /// The length of the first step.
    @Parameter("Length of the first step in each variable.", in: .above(0), search: .logarithmic(1e-5, 0.1))
    public var learningRate = 0.01
    /// How much of the mean makes the step.
    @Parameter("Share of the mean gradient in a step.", in: .from(0, to: 1)) public var beta1 = 0.9
    /// How slowly the mean fades.
    @Parameter("Share of the mean gradient that stays.", in: .from(0, to: 1)) public var beta2 = 0.99
    /// How fast variables shrink.
    @Parameter("Share of a variable, times the learning rate, that each step takes away.", in: .from(0))
    public var weightDecay = 0.0
    /// Iterations; learners that know how many they want set it.
    @Parameter("Iterations.", in: .from(1)) public var maxIter = 1000

    /// The defaults.
    public init() {}

    /// A session that minimises a function of `dimension` variables.
    public func start(dimension: Int) -> any OptimizerSession { LionSession(self, dimension) }
}

/// One minimisation.
struct LionSession: OptimizerSession {
    private struct Saved: Codable {
        var iteration: Int
        var value: Double
    }

    private let settings: Lion
    private var means: [Double]
    private var value = Double.nan
    private(set) var iteration = 0

    init(_ settings: Lion, _ dimension: Int) {
        self.settings = settings
        means = [Double](repeating: 0, count: dimension)
    }

    var request: OptimizerRequest {
        guard iteration < settings.maxIter else {
            return .done(value: value, iterations: iteration, hasConverged: false)
        }
        return .evaluate(on: .batch)
    }

    mutating func tell(value: Double, gradient: [Double], at point: inout [Double]) throws -> OptimizerRequest {
        guard gradient.count == means.count, point.count == means.count else {
            throw ApusError(
                "a gradient of \(gradient.count) for \(means.count) variables", at: Lion.descriptor.id, kind: .plugin)
        }
        guard case .evaluate = request else { return request }
        guard value.isFinite, gradient.allSatisfy(\.isFinite) else {
            throw ApusError(
                "the loss or its gradient is not finite at iteration \(iteration + 1)", at: Lion.descriptor.id,
                remedy: "Lower learning_rate.")
        }
        iteration += 1
        self.value = value
        // The last value is the value of the result, so the last step is not made.
        guard iteration < settings.maxIter else { return request }
        let rate = settings.learningRate * (1 - Double(iteration - 1) / Double(settings.maxIter))
        for place in means.indices {
            let mixed = settings.beta1 * means[place] + (1 - settings.beta1) * gradient[place]
            let sign: Double = mixed > 0 ? 1 : mixed < 0 ? -1 : 0
            point[place] -= rate * (sign + settings.weightDecay * point[place])
            means[place] = settings.beta2 * means[place] + (1 - settings.beta2) * gradient[place]
        }
        return request
    }

    func snapshot() throws -> State {
        try State(of: Lion.self, Saved(iteration: iteration, value: value), tensors: ["means": Tensor(means)])
    }

    mutating func restore(_ state: State) throws {
        let saved: Saved = try state.decode()
        let means = Array(try state.elements("means", as: Double.self))
        guard means.count == self.means.count, saved.iteration >= 0 else {
            throw ApusError("the checkpoint does not fit \(self.means.count) variables", at: Lion.descriptor.id)
        }
        (self.means, iteration, value) = (means, saved.iteration, saved.value)
    }
}
