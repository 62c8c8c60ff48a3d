import ApusCore
import ApusKernels

/// Solutions of one problem for one strength of penalty after another.
protocol PenaltyPath {
    /// The coefficients of the scaled, active columns.
    mutating func solve(alpha: Double, _ kernels: Kernels, in context: RunContext) throws -> [Double]
}
