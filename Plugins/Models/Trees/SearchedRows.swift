import ApusKernels

/// The rows that splits are searched on: all of a table, or a part of them.
///
/// A sample is a table of its own: its rows lie side by side, and what is seldom in use of the whole need not be made.
final class SearchedRows: Sendable {
    /// Which rows.
    struct Choice: Equatable {
        /// Their part of all rows; 1 for all of them.
        let share: Double
        /// Iterations of one period share a sample.
        let period: Int

        /// Drawing a sample costs as much as a good part of a tree.
        private static let iterations = 4
        /// Shares are rounded up to so many steps.
        private static let steps = 32.0
        /// Searching on a larger part of the rows saves little; up to it a sample is no more bytes than records of all rows.
        static let largestShare = 0.5

        /// A smaller part of a very large table would cost splits their precision and save little, as scores, gradients and
        /// leaves' values still take a look at every row.
        private static let smallestShare = 0.25

        /// At least `share` of the rows.
        init(_ share: Double, iteration: Int) {
            let isSample = share > 0 && share <= Choice.largestShare
            let enough = max(share, Choice.smallestShare)
            self.share = isSample ? (enough * Choice.steps).rounded(.up) / Choice.steps : 1
            period = isSample ? iteration / Choice.iterations : 0
        }
    }

    /// How many.
    let count: Int
    /// As many as memory for them has room for.
    let capacity: Int
    /// Their part of all rows.
    let share: Double
    /// Their numbers; nil for all.
    let list: LargeMemory<UInt32>?
    /// Their bins.
    let records: BinnedRecords

    /// All rows of `table`.
    init(_ table: BinnedTable, kernels: Kernels) {
        count = table.rowCount
        capacity = count
        share = 1
        list = nil
        records = BinnedRecords(table, capacity: count, kernels: kernels)
    }

    /// Those of a sample that holds so large a part of them, in memory of `spare`, another sample.
    init(_ sample: RowSample, share: Double, of table: BinnedTable, reusing spare: SearchedRows?, kernels: Kernels) {
        // Room for any sample, within six deviations: what none of them needs is never touched.
        let rows = Double(table.rowCount)
        let capacity = Int(Choice.largestShare * rows + 3 * rows.squareRoot()) + 1
        let (list, count) = sample.list(capacity: capacity, reusing: spare?.list, kernels)
        self.count = count
        self.capacity = max(capacity, count)
        self.share = share
        self.list = list
        let selected = BinnedTable(
            list.pointer, count: count, capacity: self.capacity, of: table, reusing: spare?.records.table,
            kernels: kernels)
        records = BinnedRecords(selected, capacity: self.capacity, reusing: spare?.records, kernels: kernels)
    }
}
