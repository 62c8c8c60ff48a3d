import ApusKernels

/// Which rows each leaf holds, in ascending order: two arenas of row numbers, in both of which a leaf owns the same
/// range; a split writes from one to the other.
final class RowPartition: @unchecked Sendable {
    /// The rows of a leaf.
    struct Rows {
        /// Where they start in their arena.
        let start: Int
        /// How many there are.
        let count: Int
        /// Which arena; nil where they are all rows in order, written nowhere.
        let arena: Int?
    }

    /// All rows.
    let all: Rows
    private let arenas: [LargeMemory<UInt32>]
    private let mask: LargeMemory<UInt8>
    private let kernels: Kernels
    private let trees: TreeKernels

    /// Rows of one task; a multiple of eight, so that tasks share no byte of the mask.
    private static let chunk = 2048

    /// The rows `0 ..< count`, in memory for so many, that of `spare` if it is enough.
    init(_ count: Int, capacity: Int? = nil, reusing spare: RowPartition? = nil, kernels: Kernels) {
        let capacity = capacity ?? count
        all = Rows(start: 0, count: count, arena: nil)
        arenas = (0..<2).map { .of(capacity, reusing: spare?.arenas[$0]) }
        mask = .of(capacity / 8 + 2, reusing: spare?.mask)
        self.kernels = kernels
        trees = TreeKernels(kernels.backend)
    }

    /// The row numbers; nil for all rows in order.
    func pointer(_ rows: Rows) -> UnsafePointer<UInt32>? {
        rows.arena.map { UnsafePointer(arenas[$0].pointer + rows.start) }
    }

    /// Finds out which rows go left, and how many.
    func count(_ rows: Rows, column: UnsafePointer<UInt8>, leftTable: UnsafePointer<UInt8>) -> SplitCounts {
        nonisolated(unsafe) let column = column
        nonisolated(unsafe) let leftTable = leftTable
        nonisolated(unsafe) let source = pointer(rows)
        nonisolated(unsafe) let mask = mask.pointer
        return counts(of: rows) { [trees] first, size in
            trees.partitionMask(
                size, rows: source.map { $0 + first }, first: first, column: column, leftTable: leftTable,
                mask: mask + first / 8)
        }
    }

    /// Divides all rows into those of a sample and the others.
    func divide(_ rows: Rows, mask sample: RowSample) -> (left: Rows, right: Rows) {
        let bytes = (rows.count + 7) / 8
        mask.pointer.update(from: sample.mask.pointer, count: bytes)
        nonisolated(unsafe) let mask = mask.pointer
        return split(
            rows,
            counts(of: rows) { first, size in
                (first / 8..<(first + size + 7) / 8).reduce(0) { $0 + mask[$1].nonzeroBitCount }
            })
    }

    /// What `body` counts in each task's part of the rows.
    private func counts(of rows: Rows, _ body: @Sendable (_ first: Int, _ size: Int) -> Int) -> SplitCounts {
        let chunks = max(1, (rows.count + RowPartition.chunk - 1) / RowPartition.chunk)
        var counts = [Int](repeating: 0, count: chunks)
        counts.withUnsafeMutableBufferPointer { counts in
            nonisolated(unsafe) let counts = counts
            kernels.parallelFor(chunks) { chunk in
                let first = chunk * RowPartition.chunk
                counts[chunk] = body(first, min(RowPartition.chunk, rows.count - first))
            }
        }
        return SplitCounts(chunks: counts, left: counts.reduce(0, +))
    }

    /// Moves the rows to the sides that `count` found just before.
    func split(_ rows: Rows, _ counts: SplitCounts) -> (left: Rows, right: Rows) {
        let arena = rows.arena == 0 ? 1 : 0
        nonisolated(unsafe) let source = pointer(rows)
        nonisolated(unsafe) let target = arenas[arena].pointer + rows.start
        nonisolated(unsafe) let mask = mask.pointer
        var starts: [Int] = []
        var total = 0
        for count in counts.chunks {
            starts.append(total)
            total += count
        }
        let leftStarts = starts
        kernels.parallelFor(counts.chunks.count) { [trees] chunk in
            let first = chunk * RowPartition.chunk
            let size = min(RowPartition.chunk, rows.count - first)
            trees.partitionWrite(
                size, leftCount: counts.chunks[chunk], rows: source.map { $0 + first }, first: first,
                mask: mask + first / 8, left: target + leftStarts[chunk],
                right: target + counts.left + first - leftStarts[chunk])
        }
        return (
            Rows(start: rows.start, count: counts.left, arena: arena),
            Rows(start: rows.start + counts.left, count: rows.count - counts.left, arena: arena)
        )
    }

    /// Writes the number of a leaf beside each of its rows.
    func mark(_ rows: Rows, leaf: Int, in leaves: LargeMemory<UInt16>) {
        _ = trees.mark(
            rows.count, rows: pointer(rows), first: rows.start, below: .max, leaf: UInt16(truncatingIfNeeded: leaf),
            leaves: leaves.pointer)
    }

    /// Rows that are marked together: their leaves' numbers fit a first-level cache.
    static let tile = 16_384

    /// Writes beside each row of `range` the number of the one of `lists` that holds it, and calls `body` with each piece
    /// of the range that is done, while it is in a near cache.
    func mark(
        _ lists: [Rows], _ range: Range<Int>, in leaves: LargeMemory<UInt16>,
        _ body: (_ first: Int, _ count: Int) -> Void
    ) {
        var places = lists.map { start(of: range.lowerBound, in: $0) }
        for first in stride(from: range.lowerBound, to: range.upperBound, by: RowPartition.tile) {
            let end = min(first + RowPartition.tile, range.upperBound)
            for (leaf, rows) in lists.enumerated() {
                let place = places[leaf]
                places[leaf] += trees.mark(
                    rows.count - place, rows: pointer(rows).map { $0 + place }, first: rows.start + place, below: end,
                    leaf: UInt16(truncatingIfNeeded: leaf), leaves: leaves.pointer)
            }
            body(first, end - first)
        }
    }

    /// How many of the rows of a leaf are below `row`.
    private func start(of row: Int, in rows: Rows) -> Int {
        guard let list = pointer(rows) else { return min(max(0, row - rows.start), rows.count) }
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < row { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Sends rows down a grown tree; calls `body` with each node where some stay.
    func route(_ rows: Rows, down tree: GrownTree, _ binned: BinnedTable, _ body: (_ node: Int, Rows) -> Void) {
        var held: [Rows?] = Array(repeating: nil, count: tree.nodes.count)
        held[0] = rows
        for position in tree.splits {
            guard let here = held[position] else { continue }
            let node = tree.nodes[position]
            let counts = LeafSplit(left: node.left).withLeftTable {
                count(here, column: binned.column(node.column), leftTable: $0)
            }
            (held[node.child], held[node.child + 1]) = split(here, counts)
            held[position] = nil
        }
        for (node, rows) in held.enumerated() { if let rows { body(node, rows) } }
    }
}

/// How many rows of each task, and in all, go left.
struct SplitCounts: Sendable {
    let chunks: [Int]
    let left: Int
}
