import ApusCore
import Foundation

/// The parameters that all stepping optimizers share: how long steps are, how that changes, and when to stop.
public struct DescentParameters: Configurable {
    /// How the learning rate changes with the iterations, after the warm-up.
    public enum Schedule: String, ParameterChoice {
        /// Not at all.
        case constant
        /// Multiplied by `decay_factor` every `decay_steps`.
        case step
        /// Half a cosine from the full rate down to 0 after `decay_steps`.
        case cosine
    }

    /// What messages call it.
    public static let configurationName = "the descent"

    /// The length of a step, as a multiple of what the method makes of the gradient.
    @Parameter("Length of a step.", in: .above(0), search: .logarithmic(1e-4, 1)) public var learningRate = 0.01
    /// How it changes.
    @Parameter("How the learning rate changes.") public var schedule = Schedule.constant
    /// Iterations in which it grows evenly to its full length.
    @Parameter("Iterations in which the learning rate grows from 0 to its full length.", in: .from(0))
    public var warmupSteps = 0
    /// The length of a schedule.
    @Parameter(
        "Iterations between two decays of the step schedule, or until the cosine is 0; null for max_iter.",
        in: .from(1))
    public var decaySteps: Int? = nil
    /// How much a step of the schedule leaves.
    @Parameter("What the step schedule multiplies the learning rate by.", in: .above(0, to: 1))
    public var decayFactor = 0.1
    /// Iterations at most.
    @Parameter("Iterations at most.", in: .from(1)) public var maxIter = 1000
    /// The gradient at which the search ends.
    @Parameter("Stop when every component of the gradient is smaller than this.", in: .from(0)) public var tol = 1e-6

    /// All parameters at their defaults.
    public init() {}

    /// The defaults with another learning rate.
    init(learningRate: Double) { self.learningRate = learningRate }

    /// The learning rate of an iteration, counted from 0.
    public func rate(at iteration: Int) -> Double {
        if iteration < warmupSteps { return learningRate * Double(iteration + 1) / Double(warmupSteps) }
        let elapsed = iteration - warmupSteps
        let length = decaySteps ?? max(1, maxIter - warmupSteps)
        switch schedule {
        case .constant: return learningRate
        case .step: return learningRate * decayFactor.power(elapsed / length)
        case .cosine:
            return elapsed < length ? learningRate * 0.5 * (1 + cos(.pi * Double(elapsed) / Double(length))) : 0
        }
    }
}

extension Double {
    /// self · self · …, by squaring: the same bits on every machine.
    func power(_ exponent: Int) -> Double {
        var (result, factor, rest) = (1.0, self, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }
}
