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
    private static let chunk = 8192

    /// The rows `0 ..< count`.
    init(_ count: Int, kernels: Kernels) {
        all = Rows(start: 0, count: count, arena: nil)
        arenas = (0..<2).map { _ in LargeMemory(count) }
        mask = LargeMemory(count / 8 + 2)
        self.kernels = kernels
        trees = TreeKernels(kernels.backend)
    }

    /// The row numbers; nil for all rows in order.
    func pointer(_ rows: Rows) -> UnsafePointer<UInt32>? {
        rows.arena.map { UnsafePointer(arenas[$0].pointer + rows.start) }
    }

    /// Finds out which rows go left, and how many.
    func count(_ rows: Rows, column: UnsafePointer<UInt8>, leftTable: UnsafePointer<UInt8>) -> SplitCounts {
        let chunks = max(1, (rows.count + RowPartition.chunk - 1) / RowPartition.chunk)
        var counts = [Int](repeating: 0, count: chunks)
        nonisolated(unsafe) let column = column
        nonisolated(unsafe) let leftTable = leftTable
        nonisolated(unsafe) let source = pointer(rows)
        counts.withUnsafeMutableBufferPointer { counts in
            nonisolated(unsafe) let counts = counts
            nonisolated(unsafe) let mask = mask.pointer
            kernels.parallelFor(chunks) { [trees] chunk in
                let first = chunk * RowPartition.chunk
                let size = min(RowPartition.chunk, rows.count - first)
                counts[chunk] = trees.partitionMask(
                    size, rows: source.map { $0 + first }, first: first, column: column, leftTable: leftTable,
                    mask: mask + first / 8)
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
}

/// How many rows of each task, and in all, go left.
struct SplitCounts: Sendable {
    let chunks: [Int]
    let left: Int
}
