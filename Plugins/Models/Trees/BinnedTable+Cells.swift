import ApusKernels

/// The cells of a histogram that are in use: those of each column's bins and of its missing values. The others are
/// never written or read, which keeps columns of few bins cheap.
extension BinnedTable {
    /// Calls `body` with the position and the number of cells of each used stretch of some columns.
    func forUsedCells(_ columns: Range<Int>, _ body: (_ first: Int, _ count: Int) -> Void) {
        for column in columns {
            let first = column * TreeLayout.stride
            let count = bins[column].count
            // Nearly full columns in one piece.
            guard count < 200 else {
                body(first, TreeLayout.missing + 1)
                continue
            }
            body(first, count)
            body(first + TreeLayout.missing, 1)
        }
    }

    /// Makes a column's finished cells ready for the search: running sums for numbers, which subtract like cells. `whole`
    /// holds the cells, made ready, of a leaf that these are a part of, and keeps what is left.
    func settle(
        _ column: Int, _ cells: UnsafeMutablePointer<UInt64>, from whole: UnsafeMutablePointer<UInt64>? = nil,
        _ kernels: TreeKernels
    ) {
        let first = column * TreeLayout.stride
        if !bins[column].isCategory {
            kernels.runningSums(bins: bins[column].count, cells + first, from: whole.map { $0 + first })
        } else if let whole {
            forUsedCells(column..<column + 1) { kernels.subtract($1, cells + $0, from: whole + $0) }
        }
    }

    /// The sums of a leaf's rows: every row has a bin in the first column, as in any other.
    func totals(of cells: UnsafePointer<UInt64>) -> (gradient: Int64, hessian: Int64) {
        var sum: (gradient: Int64, hessian: Int64) = (0, 0)
        forUsedCells(0..<1) { first, count in
            for cell in first..<first + count {
                sum.gradient += Int64(Int32(truncatingIfNeeded: cells[cell] >> 32))
                sum.hessian += Int64(UInt32(truncatingIfNeeded: cells[cell]))
            }
        }
        return sum
    }
}
