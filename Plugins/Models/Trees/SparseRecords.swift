import ApusKernels

/// Of sparse columns, row by row, the cells of the bins that are not a column's most frequent one. What the others come to
/// is what these leave of all rows, so that a row costs its entries instead of all columns.
final class SparseRecords: @unchecked Sendable {
    /// The columns, as positions in the table's `features`.
    let columns: Range<Int>
    /// Where each row's entries start, and the end of the last's.
    private let starts: LargeMemory<UInt64>
    /// Cells, counted from those of the first column.
    private let entries: LargeMemory<UInt16>

    /// Columns whose cells have numbers of 16 bits.
    static let mostColumns = (1 << 16) / TreeLayout.stride
    /// Rows of one task.
    private static let chunk = 8192

    /// Those of some columns of `table`, in memory for so many rows, that of `spare` where it is enough.
    init(_ table: BinnedTable, columns: Range<Int>, capacity: Int, reusing spare: SparseRecords?, kernels: Kernels) {
        self.columns = columns
        let rows = table.rowCount
        starts = .of(capacity + 1, reusing: spare?.starts)
        nonisolated(unsafe) let starts = starts.pointer
        let chunks = (rows + SparseRecords.chunk - 1) / SparseRecords.chunk
        @Sendable func part(_ chunk: Int) -> Range<Int> {
            chunk * SparseRecords.chunk..<min(rows, (chunk + 1) * SparseRecords.chunk)
        }
        kernels.parallelFor(chunks) { chunk in
            let part = part(chunk)
            (starts + part.lowerBound).update(repeating: 0, count: part.count)
            for column in columns { table.forUnusual(column, part) { row, _ in starts[row] += 1 } }
        }
        var total: UInt64 = 0
        for row in 0..<rows { (starts[row], total) = (total, total + starts[row]) }
        starts[rows] = total
        entries = .of(Int(total), reusing: spare?.entries)
        nonisolated(unsafe) let entries = entries.pointer
        kernels.parallelFor(chunks) { chunk in
            let part = part(chunk)
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: part.count) { places in
                let places = places.baseAddress.unsafelyUnwrapped - part.lowerBound
                (places + part.lowerBound).update(from: starts + part.lowerBound, count: part.count)
                for column in columns {
                    let cell = (column - columns.lowerBound) * TreeLayout.stride
                    table.forUnusual(column, part) { row, bin in
                        entries[Int(places[row])] = UInt16(truncatingIfNeeded: cell + Int(bin))
                        places[row] += 1
                    }
                }
            }
        }
    }

    /// Adds the unusual bins of `count` rows to the cells of the columns (`cells` are those of all), and all rows to those
    /// of the most frequent bins; `finish` takes away what was too much.
    func addRows(
        _ count: Int, _ rows: UnsafePointer<UInt32>?, first: Int, gradients: PackedGradients?,
        to cells: UnsafeMutablePointer<UInt64>, of table: BinnedTable, _ kernels: TreeKernels
    ) {
        let total = kernels.sparseHistogram(
            count, rows: rows, first: first, starts: starts.pointer, entries: entries.pointer, gradients: gradients,
            cells: cells + columns.lowerBound * TreeLayout.stride)
        for column in columns { cells[mostFrequent(column, table)] &+= total }
    }

    /// Leaves to the most frequent bins what the others leave of all rows.
    func finish(_ cells: UnsafeMutablePointer<UInt64>, of table: BinnedTable) {
        for column in columns {
            let usual = mostFrequent(column, table)
            var rest = 2 &* cells[usual]
            table.forUsedCells(column..<column + 1) { first, count in
                for cell in first..<first + count { rest &-= cells[cell] }
            }
            cells[usual] = rest
        }
    }

    private func mostFrequent(_ column: Int, _ table: BinnedTable) -> Int {
        column * TreeLayout.stride + Int(table.bins[column].mostFrequent)
    }
}

extension BinnedTable {
    /// Calls `body` with each row of a part whose bin in a column is not the most frequent one.
    @inline(__always)
    fileprivate func forUnusual(_ column: Int, _ part: Range<Int>, _ body: (_ row: Int, _ bin: UInt8) -> Void) {
        let source = self.column(column)
        let usual = bins[column].mostFrequent
        let pattern = UInt64(usual) &* 0x0101_0101_0101_0101
        var row = part.lowerBound
        while row + 8 <= part.upperBound {
            var unusual = UnsafeRawPointer(source + row).loadUnaligned(as: UInt64.self) ^ pattern
            while unusual != 0 {
                let place = unusual.trailingZeroBitCount / 8
                body(row + place, source[row + place])
                unusual &= ~(0xff << UInt64(8 * place))
            }
            row += 8
        }
        for row in row..<part.upperBound where source[row] != usual { body(row, source[row]) }
    }
}
