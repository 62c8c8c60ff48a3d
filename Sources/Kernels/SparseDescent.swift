import ApusCore

/// What coordinate descent on sparse columns works with: of each column the mean that is subtracted and the curvature
/// Σ weight · (x − mean)².
public struct SparseDescent: Sendable {
    /// The columns, each as a row of this; the rows of the data are its positions.
    public let columns: SparseRows
    /// What is subtracted from each column; the zeros stay where they are.
    public let means: [Double]
    /// How much each row counts; nil if all count 1.
    public let weights: Buffer<Double>?
    /// Σ weight.
    public let total: Double
    /// Σ weight · (x − mean)² of each column.
    public let curvatures: [Double]
    /// Whether coordinates stay at or above zero.
    public let isPositive: Bool

    /// Columns of this curvature; throws where lengths differ. Means are those under the weights, or zeros.
    public init(
        columns: SparseRows, means: [Double], weights: Buffer<Double>?, total: Double, curvatures: [Double],
        isPositive: Bool
    ) throws {
        guard means.count == columns.count, curvatures.count == columns.count,
            weights.map({ $0.count == columns.width }) ?? true
        else { throw ApusError("columns, means, weights and curvatures differ in length", kind: .plugin) }
        self.columns = columns
        self.means = means
        self.weights = weights
        self.total = total
        self.curvatures = curvatures
        self.isPositive = isPositive
    }
}
