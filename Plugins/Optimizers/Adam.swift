import ApusCore

/// Steps along a fading mean of gradients, scaled by the root of a fading mean of their squares.
///
/// Memory: two vectors. Source: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
public struct Adam: SteppingOptimizer {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "optimizer.adam", summary: "Adaptive moments of gradients", source: "Kingma and Ba, ICLR 2015")

    /// Learning rate, schedule and limits.
    public var descent = DescentParameters(learningRate: 1e-3)
    /// How moments fade.
    public var moments = AdamMoments()
    /// An L2 penalty.
    @Parameter("L2 penalty, added to the gradient.", in: .from(0)) public var weightDecay = 0.0

    /// All parameters at their defaults.
    public init() {}

    static var memories: [String] { ["means", "squares"] }

    func step(_ step: Step, _ gradient: UnsafePointer<Double>, _ point: UnsafeMutablePointer<Double>) {
        moments.step(step, decay: weightDecay, keep: 1, gradient, point)
    }
}
