import ApusCore

/// Steps against the gradient on all rows: `x ← x − rate · g`.
///
/// Memory: none. Source: Cauchy, "Méthode générale pour la résolution des systèmes d'équations simultanées", 1847.
public struct GradientDescent: SteppingOptimizer {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "optimizer.gradient_descent", summary: "Gradient descent on all rows", source: "Cauchy, 1847")

    /// Learning rate, schedule and limits.
    public var descent = DescentParameters()

    /// All parameters at their defaults.
    public init() {}

    static var rows: OptimizerRequest.Rows { .all }

    func step(_ step: Step, _ gradient: UnsafePointer<Double>, _ point: UnsafeMutablePointer<Double>) {
        let rate = step.rate
        for place in 0..<step.count { point[place] -= rate * gradient[place] }
    }
}
