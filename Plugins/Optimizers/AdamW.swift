import ApusCore

/// Adam with weight decay apart from the gradient: each step also multiplies the variables by
/// `1 − rate · weight_decay`.
///
/// Memory: two vectors. Source: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
public struct AdamW: SteppingOptimizer {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "optimizer.adamw", summary: "Adam with weight decay apart from the gradient",
        source: "Loshchilov and Hutter, ICLR 2019")

    /// Learning rate, schedule and limits.
    public var descent = DescentParameters(learningRate: 1e-3)
    /// How moments fade.
    public var moments = AdamMoments()
    /// How fast variables shrink.
    @Parameter("Share of a variable, times the learning rate, that each step takes away.", in: .from(0))
    public var weightDecay = 0.01

    /// All parameters at their defaults.
    public init() {}

    static var memories: [String] { ["means", "squares"] }

    func step(_ step: Step, _ gradient: UnsafePointer<Double>, _ point: UnsafeMutablePointer<Double>) {
        moments.step(step, decay: 0, keep: 1 - step.rate * weightDecay, gradient, point)
    }
}
