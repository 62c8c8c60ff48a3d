import ApusCore

/// The lower triangle L with L Lᵀ = A, and how well A is conditioned.
public struct CholeskyFactor<Element: DenseElement>: Sendable {
    /// L in column-major order; what stands above the diagonal means nothing.
    public let elements: Buffer<Element>
    /// Rows and columns of A.
    public let size: Int
    /// An estimate of 1 / (‖A‖₁ ‖A⁻¹‖₁): about the share of a right-hand side's accuracy that a solution keeps.
    public let reciprocalCondition: Double
}
