import ApusCore
import ApusKernels

/// The bins of a table's useful features, twice: column by column for partitions, and packed in blocks of up to 14
/// columns, 16 bytes a row, for histograms.
final class BinnedTable: @unchecked Sendable {
    /// A block of columns.
    struct Block {
        /// The columns, as positions in `features`.
        let columns: Range<Int>
        /// Where the block's rows start in the packed bytes.
        let packed: UnsafePointer<UInt8>
    }

    /// The rows.
    let rowCount: Int
    /// Positions in the table of the columns that are held.
    let features: [Int]
    /// The bins of each held column.
    let bins: [FeatureBins]
    /// The packed blocks; empty if only columns were asked for.
    let blocks: [Block]
    private let columns: LargeMemory<UInt8>
    private let packed: LargeMemory<UInt8>

    /// Rows of one task.
    private static let chunk = 8192

    /// Bins the columns of `table` that can be split. Throws when cancelled.
    init(_ table: Table, plan: BinningPlan, packing: Bool, kernels: Kernels, context: RunContext) throws {
        rowCount = table.rowCount
        let held = plan.features.indices.filter { plan.features[$0].isUseful }
        features = held
        bins = held.map { plan.features[$0] }
        let rows = table.rowCount
        let blockCount = (held.count + TreeLayout.block - 1) / TreeLayout.block
        columns = LargeMemory(held.count * rows)
        packed = LargeMemory(packing ? blockCount * rows * TreeLayout.rowBytes : 0)
        // Blocks of nearly equal width share the work evenly.
        let starts = (0...blockCount).map { blockCount == 0 ? 0 : $0 * held.count / blockCount }
        let ranges = (0..<blockCount).map { starts[$0]..<starts[$0 + 1] }
        let packed = packed.pointer
        blocks =
            packing
            ? ranges.enumerated().map { index, range in
                Block(columns: range, packed: UnsafePointer(packed + index * rows * TreeLayout.rowBytes))
            } : []

        let trees = TreeKernels(kernels.backend)
        let chunks = (rows + BinnedTable.chunk - 1) / BinnedTable.chunk
        let sources = held.map { table.columns[$0] }
        nonisolated(unsafe) let target = columns.pointer
        nonisolated(unsafe) let packedTarget = packed
        let bins = bins
        kernels.parallelFor(chunks * ranges.count) { task in
            if context.cancellation.isCancelled { return }
            let range = ranges[task / chunks]
            let first = task % chunks * BinnedTable.chunk
            let count = min(BinnedTable.chunk, rows - first)
            for column in range {
                sources[column].bin(bins[column], first..<first + count, trees, into: target + column * rows + first)
            }
            if packing {
                let block = packedTarget + (task / chunks * rows + first) * TreeLayout.rowBytes
                trees.pack(
                    count, columns: range.count, stride: rows, bins: target + range.lowerBound * rows + first,
                    into: block)
            }
        }
        try context.checkCancellation()
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
