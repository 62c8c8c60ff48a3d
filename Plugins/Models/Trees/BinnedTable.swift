import ApusCore
import ApusKernels

/// The bins of a table's useful features, twice: column by column for partitions, and row by row for histograms.
///
/// Row by row, up to 28 columns make a group, with a record of 32 bytes a row (16 where 12 columns are enough). The
/// last four bytes of a record hold the row's packed gradient if there is one group only: a scattered row then costs one
/// line of cache.
final class BinnedTable: @unchecked Sendable {
    /// Columns whose histograms are built together: their cells fit a first-level cache.
    struct Block {
        /// The columns, as positions in `features`.
        let columns: Range<Int>
        /// Where the first row's bins start.
        let packed: UnsafePointer<UInt8>
    }

    /// The rows.
    let rowCount: Int
    /// Positions in the table of the columns that are held.
    let features: [Int]
    /// The bins of each held column.
    let bins: [FeatureBins]
    /// The blocks of each group, as wide as fits; empty if only columns were asked for.
    let groups: [[Block]]
    /// The same columns in pieces of work that need no merging: the groups where there are as many as threads, else
    /// blocks, narrower ones if need be.
    let units: [[Block]]
    /// Cells of a histogram that are in use.
    let cellCount: Int
    /// Bytes of a row in a group.
    let record: Int
    /// Where the rows' packed gradients belong.
    let gradients: PackedGradients
    private let columns: LargeMemory<UInt8>
    private let packed: LargeMemory<UInt8>
    private let separate: LargeMemory<UInt32>

    /// Rows of one task.
    private static let chunk = 8192
    private static let gradientBytes = 4

    /// Bins the columns of `table` that can be split. Throws when cancelled.
    init(_ table: Table, plan: BinningPlan, packing: Bool, kernels: Kernels, context: RunContext) throws {
        let rows = table.rowCount
        let held = plan.features.indices.filter { plan.features[$0].isUseful }
        rowCount = rows
        features = held
        bins = held.map { plan.features[$0] }
        cellCount = bins.reduce(0) { $0 + $1.count + 1 }
        let record = held.count <= 16 - BinnedTable.gradientBytes ? 16 : TreeLayout.record
        self.record = record
        let groupColumns = BinnedTable.shares(of: held.count, atMost: record - BinnedTable.gradientBytes)
        // The last column and the last record are read a little beyond their ends.
        columns = LargeMemory(held.count * rows + 3)
        packed = LargeMemory(packing ? groupColumns.count * rows * record + 16 : 0)
        let isEmbedded = packing && groupColumns.count == 1
        separate = LargeMemory(packing && !isEmbedded ? rows : 0)
        gradients =
            isEmbedded
            ? PackedGradients(
                UnsafeMutableRawPointer(packed.pointer + record - BinnedTable.gradientBytes)
                    .assumingMemoryBound(to: UInt32.self), stride: record / BinnedTable.gradientBytes)
            : PackedGradients(separate.pointer, stride: 1)
        let start = packed.pointer
        func blocks(_ group: Int, pieces: Int = 1) -> [Block] {
            let range = groupColumns[group]
            return BinnedTable.shares(of: range.count, atMost: TreeLayout.block, pieces: pieces).map {
                Block(
                    columns: range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound,
                    packed: UnsafePointer(start + group * rows * record + $0.lowerBound))
            }
        }
        let numbers = packing ? groupColumns.indices : 0..<0
        groups = numbers.map { blocks($0) }
        let pieces = (kernels.threads + groupColumns.count - 1) / max(1, groupColumns.count)
        units = pieces < 2 ? groups : numbers.flatMap { blocks($0, pieces: pieces).map { [$0] } }

        let trees = TreeKernels(kernels.backend)
        let chunks = (rows + BinnedTable.chunk - 1) / BinnedTable.chunk
        let sources = held.map { table.columns[$0] }
        nonisolated(unsafe) let target = columns.pointer
        nonisolated(unsafe) let packedTarget = packed.pointer
        let bins = bins
        kernels.parallelFor(chunks * groupColumns.count) { task in
            if context.cancellation.isCancelled { return }
            let (group, chunk) = task.quotientAndRemainder(dividingBy: chunks)
            let range = groupColumns[group]
            let first = chunk * BinnedTable.chunk
            let count = min(BinnedTable.chunk, rows - first)
            for column in range {
                sources[column].bin(bins[column], first..<first + count, trees, into: target + column * rows + first)
            }
            if packing {
                trees.pack(
                    count, columns: range.count, stride: rows, record: record,
                    bins: target + range.lowerBound * rows + first,
                    into: packedTarget + (group * rows + first) * record)
            }
        }
        try context.checkCancellation()
    }

    /// `0 ..< count` in the fewest pieces of at most so many, or in as many as asked for where a piece keeps three or more,
    /// of nearly equal size so that they share work evenly.
    private static func shares(of count: Int, atMost most: Int, pieces: Int = 1) -> [Range<Int>] {
        let pieces = max((count + most - 1) / most, min(count / 3, pieces))
        return (0..<pieces).map { $0 * count / pieces..<($0 + 1) * count / pieces }
    }

    /// The bins of one held column.
    func column(_ index: Int) -> UnsafePointer<UInt8> { UnsafePointer(columns.pointer + index * rowCount) }
}

extension Column {
    /// Writes the bins of the values in `rows`.
    fileprivate func bin(
        _ bins: FeatureBins, _ rows: Range<Int>, _ kernels: TreeKernels, into target: UnsafeMutablePointer<UInt8>
    ) {
        let missing = UInt8(TreeLayout.missing)
        switch (bins.meaning, storage) {
        case (.category(let binOfCode), .category(let codes, _)):
            for (position, row) in rows.enumerated() {
                let code = Int(codes.unsafePointer[row])
                target[position] = isMissing(row) || code < 0 || code >= binOfCode.count ? missing : binOfCode[code]
            }
        case (.number(let bounds), .double(let values)):
            kernels.bin(rows.count, bounds: bounds, values: values.unsafePointer + rows.lowerBound, into: target)
        case (.number(let bounds), .float(let values)):
            kernels.bin(rows.count, bounds: bounds, values: values.unsafePointer + rows.lowerBound, into: target)
        case (.number(let bounds), _):
            let part = slice(rows).doubles ?? Buffer(repeating: .nan, count: rows.count)
            kernels.bin(rows.count, bounds: bounds, values: part.unsafePointer, into: target)
        default:
            target.initialize(repeating: missing, count: rows.count)
        }
    }
}
