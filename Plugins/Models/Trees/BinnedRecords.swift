import ApusKernels

/// The bins of a table row by row, as histograms read them.
///
/// Up to 28 dense columns make a group, with a record of 32 bytes a row (16 where 12 columns are enough). The last four
/// bytes of a record hold the row's packed gradient if there is one group only: a scattered row then costs one line of
/// cache. Sparse columns make groups of lists.
final class BinnedRecords: @unchecked Sendable {
    /// Columns whose histograms are built together: those of dense ones have cells that fit a first-level cache.
    struct Block {
        /// The columns, as positions in the table's `features`.
        let columns: Range<Int>
        fileprivate let records: Records
    }

    fileprivate enum Records {
        /// Where the first row's bins start.
        case dense(UnsafePointer<UInt8>)
        case sparse(SparseRecords)
    }

    /// The same bins column by column.
    let table: BinnedTable
    /// The blocks of each group, as wide as fits.
    let groups: [[Block]]
    /// The same columns in pieces of work that need no merging: the groups where there are as many as threads, else
    /// blocks, narrower ones if need be.
    let units: [[Block]]
    /// Where the rows' packed gradients belong.
    let gradients: PackedGradients
    /// Bytes of a row in a group.
    private let record: Int
    private let packed: LargeMemory<UInt8>
    private let separate: LargeMemory<UInt32>
    private let sparse: [SparseRecords]

    /// Rows of one task.
    private static let chunk = 8192
    private static let gradientBytes = 4

    /// The records of `table`, in memory for so many rows, that of `spare` if it is enough.
    init(_ table: BinnedTable, capacity: Int, reusing spare: BinnedRecords? = nil, kernels: Kernels) {
        let (rows, columns) = (table.rowCount, table.denseCount)
        self.table = table
        let record = columns <= 16 - BinnedRecords.gradientBytes ? 16 : TreeLayout.record
        self.record = record
        let groupColumns = BinnedRecords.shares(of: columns, atMost: record - BinnedRecords.gradientBytes)
        // The last record is read a little beyond its end.
        packed = .of(groupColumns.count * capacity * record + 16, reusing: spare?.packed)
        sparse = BinnedRecords.shares(
            of: table.features.count - columns, atMost: SparseRecords.mostColumns,
            pieces: columns == 0 ? kernels.threads : 1
        ).enumerated().map { index, share in
            SparseRecords(
                table, columns: columns + share.lowerBound..<columns + share.upperBound, capacity: capacity,
                reusing: spare?.sparse[index], kernels: kernels)
        }
        let isEmbedded = groupColumns.count == 1 && sparse.isEmpty
        separate = .of(isEmbedded ? 0 : capacity, reusing: spare?.separate)
        gradients =
            isEmbedded
            ? PackedGradients(
                UnsafeMutableRawPointer(packed.pointer + record - BinnedRecords.gradientBytes)
                    .assumingMemoryBound(to: UInt32.self), stride: record / BinnedRecords.gradientBytes)
            : PackedGradients(separate.pointer, stride: 1)
        nonisolated(unsafe) let start = packed.pointer
        func blocks(_ group: Int, pieces: Int = 1) -> [Block] {
            let range = groupColumns[group]
            return BinnedRecords.shares(of: range.count, atMost: TreeLayout.block, pieces: pieces).map {
                Block(
                    columns: range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound,
                    records: .dense(start + group * rows * record + $0.lowerBound))
            }
        }
        let lists = sparse.map { [Block(columns: $0.columns, records: .sparse($0))] }
        groups = groupColumns.indices.map { blocks($0) } + lists
        let pieces = (kernels.threads + groups.count - 1) / max(1, groups.count)
        units =
            pieces < 2 ? groups : groupColumns.indices.flatMap { blocks($0, pieces: pieces).map { [$0] } } + lists

        let trees = TreeKernels(kernels.backend)
        let chunks = (rows + BinnedRecords.chunk - 1) / BinnedRecords.chunk
        kernels.parallelFor(chunks * groupColumns.count) { task in
            let (group, chunk) = task.quotientAndRemainder(dividingBy: chunks)
            let range = groupColumns[group]
            let first = chunk * BinnedRecords.chunk
            trees.pack(
                min(BinnedRecords.chunk, rows - first), columns: range.count, stride: rows, record: record,
                bins: table.column(range.lowerBound) + first, into: start + (group * rows + first) * record)
        }
    }

    /// `0 ..< count` in the fewest pieces of at most so many, or in as many as asked for where a piece keeps three or more,
    /// of nearly equal size so that they share work evenly.
    private static func shares(of count: Int, atMost most: Int, pieces: Int = 1) -> [Range<Int>] {
        let pieces = max((count + most - 1) / most, min(count / 3, pieces))
        return (0..<pieces).map { $0 * count / pieces..<($0 + 1) * count / pieces }
    }

    /// The columns of some blocks, which stand side by side.
    func columns(of blocks: [Block]) -> Range<Int> {
        guard let first = blocks.first, let last = blocks.last else { return 0..<0 }
        return first.columns.lowerBound..<last.columns.upperBound
    }

    /// Rows whose records stay in a second-level cache, beside those of the next ones, while the blocks of their group
    /// are walked.
    private static let tile = 512

    /// Sets the cells of some blocks of one group (`cells` are those of all columns) to the sums of `count` rows, or to
    /// their numbers without `gradients`. `rows` lists them; nil for the first ones.
    func sumRows(
        _ count: Int, _ rows: UnsafePointer<UInt32>?, blocks: [Block], gradients: PackedGradients?,
        to cells: UnsafeMutablePointer<UInt64>, _ kernels: TreeKernels
    ) {
        clear(blocks, cells)
        addRows(count, rows, first: 0, blocks: blocks, gradients: gradients, to: cells, kernels)
        finish(blocks, cells)
    }

    /// Makes cells ready for `addRows`.
    func clear(_ blocks: [Block], _ cells: UnsafeMutablePointer<UInt64>) {
        table.forUsedCells(columns(of: blocks)) { (cells + $0).update(repeating: 0, count: $1) }
    }

    /// Adds `count` rows; `rows` lists them, nil for `first`, `first + 1`, …. Afterwards the cells need to be finished.
    func addRows(
        _ count: Int, _ rows: UnsafePointer<UInt32>?, first: Int, blocks: [Block], gradients: PackedGradients?,
        to cells: UnsafeMutablePointer<UInt64>, _ kernels: TreeKernels
    ) {
        let tile = blocks.count > 1 ? BinnedRecords.tile : max(1, count)
        for start in stride(from: 0, to: count, by: tile) {
            let size = min(tile, count - start)
            let next = min(tile, count - start - size)
            for (index, block) in blocks.enumerated() {
                guard case .dense(let packed) = block.records else { continue }
                kernels.histogram(
                    size, columns: block.columns.count, rows: rows.map { $0 + start }, first: first + start,
                    prefetch: (index == 0, index == blocks.count - 1 ? next : 0), record: record,
                    packed: packed, gradients: gradients,
                    cells: cells + block.columns.lowerBound * TreeLayout.stride)
            }
        }
        for block in blocks {
            guard case .sparse(let lists) = block.records else { continue }
            lists.addRows(count, rows, first: first, gradients: gradients, to: cells, of: table, kernels)
        }
    }

    /// Turns what `addRows` added up to sums.
    func finish(_ blocks: [Block], _ cells: UnsafeMutablePointer<UInt64>) {
        for block in blocks {
            guard case .sparse(let lists) = block.records else { continue }
            lists.finish(cells, of: table)
        }
    }
}
