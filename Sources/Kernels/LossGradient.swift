/// A loss summed over rows, and its gradient.
public struct LossGradient: Sendable, Equatable {
    /// Σ weight · loss.
    public var loss: Double
    /// By the coefficients: `(columns)`, or `(outputs, columns)` row-major.
    public var gradient: [Double]
    /// By the intercepts, one an output.
    public var intercepts: [Double]

    /// A loss with its gradient.
    public init(loss: Double, gradient: [Double], intercepts: [Double]) {
        self.loss = loss
        self.gradient = gradient
        self.intercepts = intercepts
    }
}
