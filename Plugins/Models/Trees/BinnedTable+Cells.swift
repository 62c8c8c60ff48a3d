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

    /// Zeroes the used cells of some columns.
    func clear(_ cells: UnsafeMutablePointer<UInt64>, _ columns: Range<Int>) {
        forUsedCells(columns) { (cells + $0).update(repeating: 0, count: $1) }
    }
}
