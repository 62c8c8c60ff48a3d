import ApusCore

/// Columns seen as `(x − mean) · scale · factor[row]`, computed block by block where a kernel needs them.
public struct StandardizedColumns: Sendable {
    /// The values; all of one length, without missing ones.
    public let columns: [Buffer<Double>]
    /// What is subtracted from each column.
    public let means: [Double]
    /// What each column is then multiplied by.
    public let scales: [Double]
    /// One factor a row, such as the root of its weight; nil for all ones.
    public let factors: Buffer<Double>?
    /// The number of rows.
    public let rows: Int

    /// Columns with their means and scales; throws where lengths differ.
    public init(
        _ columns: [Buffer<Double>], means: [Double], scales: [Double], factors: Buffer<Double>? = nil, rows: Int
    ) throws {
        guard columns.count == means.count, columns.count == scales.count, columns.allSatisfy({ $0.count == rows }),
            factors.map({ $0.count == rows }) ?? true
        else { throw ApusError("columns, means, scales and factors differ in length", kind: .plugin) }
        self.columns = columns
        self.means = means
        self.scales = scales
        self.factors = factors
        self.rows = rows
    }
}
