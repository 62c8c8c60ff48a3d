import ApusCore
import ApusKernels

/// Steps scaled by the root of a fading mean of squared gradients:
/// `s ← alpha · s + (1 − alpha) · g²; x ← x − rate · g / (√s + eps)`.
///
/// Memory: one vector. Source: Tieleman and Hinton, "Neural Networks for Machine Learning", lecture 6.5, 2012.
public struct RMSProp: SteppingOptimizer {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "optimizer.rmsprop", summary: "Steps scaled by the root of a fading mean of squared gradients",
        source: "Tieleman and Hinton, Neural Networks for Machine Learning, lecture 6.5, 2012")

    /// Learning rate, schedule and limits.
    public var descent = DescentParameters()
    /// How slowly the mean fades.
    @Parameter("Share of the mean of squares that stays.", in: .from(0, to: 0.999999)) public var alpha = 0.99
    /// What keeps steps finite.
    @Parameter("Added to the root, so that steps stay finite.", in: .above(0)) public var eps = 1e-8
    /// An L2 penalty.
    @Parameter("L2 penalty, added to the gradient.", in: .from(0)) public var weightDecay = 0.0

    /// All parameters at their defaults.
    public init() {}

    static var memories: [String] { ["squares"] }

    func step(_ step: Step, _ gradient: UnsafePointer<Double>, _ point: UnsafeMutablePointer<Double>) {
        let squares = step.memory(0)
        let (old, new, decay) = (alpha, 1 - alpha, weightDecay)
        for place in 0..<step.count {
            let g = gradient[place] + decay * point[place]
            squares[place] = old * squares[place] + new * (g * g)
        }
        StepKernels.scaled(
            step.count, rate: step.rate, eps: eps, decay: decay, along: gradient, squares: squares, point: point)
    }
}
