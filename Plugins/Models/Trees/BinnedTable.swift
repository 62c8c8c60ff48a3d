import ApusCore
import ApusKernels

/// The bins of a table's useful features, column by column.
final class BinnedTable: @unchecked Sendable {
    /// The rows.
    let rowCount: Int
    /// Positions in the table of the columns that are held: dense ones, then sparse ones.
    let features: [Int]
    /// How many of them are dense.
    let denseCount: Int
    /// The bins of each held column.
    let bins: [FeatureBins]
    /// Cells of a histogram that are in use.
    let cellCount: Int
    private let columns: LargeMemory<UInt8>

    /// Rows of one task.
    private static let chunk = 8192
    /// Fewer sparse columns than these fit a record beside dense ones, and cost no more there.
    private static let fewSparse = 20

    /// Bins the columns of `table` that can be split. Throws when cancelled.
    init(_ table: Table, plan: BinningPlan, kernels: Kernels, context: RunContext) throws {
        let rows = table.rowCount
        var dense = plan.features.indices.filter { plan.features[$0].isUseful }
        var sparse = dense.filter { plan.features[$0].isSparse }
        if sparse.count < BinnedTable.fewSparse { sparse = [] } else { dense.removeAll { plan.features[$0].isSparse } }
        let held = dense + sparse
        rowCount = rows
        features = held
        denseCount = dense.count
        bins = held.map { plan.features[$0] }
        cellCount = bins.reduce(0) { $0 + $1.count + 1 }
        columns = LargeMemory(BinnedTable.bytes(columns: held.count, rows: rows))
        let trees = TreeKernels(kernels.backend)
        let sources = held.map { table.columns[$0] }
        nonisolated(unsafe) let target = columns.pointer
        let bins = bins
        let chunks = (rows + BinnedTable.chunk - 1) / BinnedTable.chunk
        kernels.parallelFor(held.count * chunks) { task in
            if context.cancellation.isCancelled { return }
            let (column, chunk) = task.quotientAndRemainder(dividingBy: chunks)
            let part = chunk * BinnedTable.chunk..<min(rows, (chunk + 1) * BinnedTable.chunk)
            sources[column].bin(bins[column], part, trees, into: target + column * rows + part.lowerBound)
        }
        try context.checkCancellation()
    }

    /// The listed rows of `whole`, in memory for more of them.
    init(
        _ rows: UnsafePointer<UInt32>, count: Int, capacity: Int, of whole: BinnedTable, reusing spare: BinnedTable?,
        kernels: Kernels
    ) {
        rowCount = count
        features = whole.features
        denseCount = whole.denseCount
        bins = whole.bins
        cellCount = whole.cellCount
        columns = .of(BinnedTable.bytes(columns: features.count, rows: capacity), reusing: spare?.columns)
        let trees = TreeKernels(kernels.backend)
        nonisolated(unsafe) let (rows, target) = (rows, columns.pointer)
        kernels.parallelFor(features.count) { column in
            trees.select(count, rows: rows, bins: whole.column(column), into: target + column * count)
        }
    }

    /// The last column is read a little beyond its end.
    private static func bytes(columns: Int, rows: Int) -> Int { columns * rows + 3 }

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
