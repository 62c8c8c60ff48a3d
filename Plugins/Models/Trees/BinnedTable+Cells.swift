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

    /// The columns of some blocks, which stand side by side.
    func columns(of blocks: [Block]) -> Range<Int> {
        guard let first = blocks.first, let last = blocks.last else { return 0..<0 }
        return first.columns.lowerBound..<last.columns.upperBound
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

    /// Rows whose records stay in a second-level cache, beside those of the next ones, while the blocks of their group
    /// are walked.
    private static let tile = 512

    /// Sets the cells of some blocks of one group (`cells` are those of all columns) to the sums of `count` rows, or to
    /// their numbers without `gradients`. `rows` lists them; nil for `first`, `first + 1`, ….
    func sumRows(
        _ count: Int, _ rows: UnsafePointer<UInt32>?, first: Int, blocks: [Block], gradients: PackedGradients?,
        to cells: UnsafeMutablePointer<UInt64>, _ kernels: TreeKernels
    ) {
        forUsedCells(columns(of: blocks)) { (cells + $0).update(repeating: 0, count: $1) }
        let tile = blocks.count > 1 ? BinnedTable.tile : max(1, count)
        for start in stride(from: 0, to: count, by: tile) {
            let size = min(tile, count - start)
            let next = min(tile, count - start - size)
            for (index, block) in blocks.enumerated() {
                kernels.histogram(
                    size, columns: block.columns.count, rows: rows.map { $0 + start }, first: first + start,
                    prefetch: (index == 0, index == blocks.count - 1 ? next : 0), record: record,
                    packed: block.packed, gradients: gradients,
                    cells: cells + block.columns.lowerBound * TreeLayout.stride)
            }
        }
    }
}
