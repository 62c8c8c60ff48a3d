import ApusKernels

/// The bins of a table, twice: column by column for nodes of many rows, and row by row for nodes of few, whose rows lie
/// so far apart that each would cost a line of cache a column.
final class ForestBins: @unchecked Sendable {
    /// Column by column.
    let table: BinnedTable
    /// Bytes from one row to the next, row by row.
    let stride: Int
    private let records: LargeMemory<UInt8>

    /// Columns up to which a record of a row fits two lines of cache; wider ones gain nothing.
    private static let mostColumns = 128
    /// Rows of the table for one of the node, from which on records are used.
    private static let sparseness = 12
    private static let chunk = 4096

    init(_ table: BinnedTable, kernels: Kernels) {
        self.table = table
        let (rows, columns) = (table.rowCount, table.features.count)
        guard columns > 1, columns <= ForestBins.mostColumns else {
            stride = 0
            records = LargeMemory(0)
            return
        }
        // A power of two, so that no record of up to 64 bytes lies across two lines.
        let stride = 1 << (Int.bitWidth - (columns - 1).leadingZeroBitCount)
        self.stride = stride
        records = LargeMemory(rows * stride)
        nonisolated(unsafe) let target = records.pointer
        kernels.parallelFor((rows + ForestBins.chunk - 1) / ForestBins.chunk) { chunk in
            let part = chunk * ForestBins.chunk..<min(rows, (chunk + 1) * ForestBins.chunk)
            for column in 0..<columns {
                let source = table.column(column)
                for row in part { target[stride * row + column] = source[row] }
            }
        }
    }

    /// The records where they serve a node of so many rows better than columns; else nil.
    func records(for rows: Int) -> UnsafePointer<UInt8>? {
        stride > 0 && rows * ForestBins.sparseness < table.rowCount ? UnsafePointer(records.pointer) : nil
    }
}
