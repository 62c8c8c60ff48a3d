import ApusCore
import ApusKernels

/// Steps scaled by the root of all squared gradients so far: `s ← s + g²; x ← x − rate · g / (√s + eps)`.
///
/// Memory: one vector. Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
/// optimization", JMLR 12 (2011).
public struct AdaGrad: SteppingOptimizer {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "optimizer.adagrad", summary: "Steps scaled by the root of all squared gradients so far",
        source: "Duchi, Hazan and Singer, JMLR 12 (2011)")

    /// Learning rate, schedule and limits.
    public var descent = DescentParameters()
    /// What keeps the first steps finite.
    @Parameter("Added to the root, so that the first steps stay finite.", in: .above(0)) public var eps = 1e-10
    /// An L2 penalty.
    @Parameter("L2 penalty, added to the gradient.", in: .from(0)) public var weightDecay = 0.0

    /// All parameters at their defaults.
    public init() {}

    static var memories: [String] { ["squares"] }

    func step(_ step: Step, _ gradient: UnsafePointer<Double>, _ point: UnsafeMutablePointer<Double>) {
        let squares = step.memory(0)
        let decay = weightDecay
        for place in 0..<step.count {
            let g = gradient[place] + decay * point[place]
            squares[place] += g * g
        }
        StepKernels.scaled(
            step.count, rate: step.rate, eps: eps, decay: decay, along: gradient, squares: squares, point: point)
    }
}
