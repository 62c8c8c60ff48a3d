import ApusCore

/// Stochastic gradient descent: `g ← g + weight_decay · x; v ← momentum · v + g; x ← x − rate · v`, with
/// `g + momentum · v` in place of `v` for Nesterov's variant.
///
/// Memory: one vector. Source: Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in
/// deep learning", ICML 2013.
public struct SGD: SteppingOptimizer {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "optimizer.sgd", summary: "Stochastic gradient descent with momentum",
        source: "Sutskever, Martens, Dahl and Hinton, ICML 2013")

    /// Learning rate, schedule and limits.
    public var descent = DescentParameters()
    /// How much of the last step stays.
    @Parameter("Share of the last step that stays.", in: .from(0, to: 1), search: .linear(0, 0.99))
    public var momentum = 0.0
    /// Whether the gradient is corrected by the step to come.
    @Parameter("Look ahead by the momentum, as Nesterov does.") public var nesterov = false
    /// An L2 penalty.
    @Parameter("L2 penalty, added to the gradient.", in: .from(0)) public var weightDecay = 0.0

    /// All parameters at their defaults.
    public init() {}

    static var memories: [String] { ["velocity"] }

    func step(_ step: Step, _ gradient: UnsafePointer<Double>, _ point: UnsafeMutablePointer<Double>) {
        let velocity = step.memory(0)
        let (rate, momentum, decay) = (step.rate, momentum, weightDecay)
        // How much of gradient and velocity make the step.
        let (direct, carried): (Double, Double) = nesterov ? (1, momentum) : (0, 1)
        for place in 0..<step.count {
            let g = gradient[place] + decay * point[place]
            let v = momentum * velocity[place] + g
            velocity[place] = v
            point[place] -= rate * (direct * g + carried * v)
        }
    }
}
