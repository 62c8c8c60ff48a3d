import ApusCore
import ApusKernels

/// Trees compiled for prediction: raw values in, categories as codes, NaN for missing.
package struct Forest: Sendable {
    /// How many scores a row has; tree t of the model adds to score t % scores, or to all where leaves hold vectors.
    package let scores: Int
    /// The inputs that any tree looks at.
    private let usedColumns: [Int]
    /// The layout for batches; nil where a tree has too many leaves or a number too many thresholds.
    private let sliced: SlicedForest?
    /// The layout for single rows of small trees, where the processor is good at it.
    private let decided: DecidedForest?
    /// The layout for other single rows, and for batches where trees are too large to visit whole.
    private let walked: WalkedForest?
    /// The layout that takes any trees; nil where it is not needed.
    private let traversed: TraversedForest?

    /// Whether batches are predicted by visiting all nodes instead of walking down row by row.
    package var isSliced: Bool { sliced != nil }
    /// Whether a processor with 512-bit vectors decides all nodes of a single row at once.
    package var isDecided: Bool { decided != nil }

    /// Compiles trees, as many for each score. `binOfCode` holds the bins of each category column's codes. Where
    /// `vectors` are given, each tree adds to all scores: `scores` numbers a node.
    package init(_ trees: [Tree], scores: Int, binOfCode: [[UInt8]?], vectors: [[Double]]? = nil) {
        self.scores = scores
        usedColumns = Set(trees.lazy.flatMap(\.nodes).filter { !$0.isLeaf }.map(\.column)).sorted()
        // Trees of a score stand one after another.
        let order =
            vectors != nil
            ? Array(trees.indices) : (0..<scores).flatMap { Array(stride(from: $0, to: trees.count, by: scores)) }
        let (trees, vectors) = (order.map { trees[$0] }, vectors.map { vectors in order.map { vectors[$0] } })
        let splits = RankedSplits(trees, binOfCode)
        decided = splits.flatMap { DecidedForest(trees, $0, scores: scores, vectors: vectors) }
        walked = splits.flatMap { WalkedForest(trees, $0, scores: scores, vectors: vectors) }
        sliced = splits.flatMap { SlicedForest(trees, $0, scores: scores, vectors: vectors) }
        traversed =
            walked == nil ? TraversedForest(trees, scores: scores, binOfCode: binOfCode, vectors: vectors) : nil
    }

    /// Adds the trees' values to the scores of one row of `width` values.
    package func addScores(
        width: Int, values row: UnsafePointer<Double>, scores target: UnsafeMutablePointer<Double>,
        kernels: TreeKernels
    ) {
        if let decided, kernels.prefersDeciding {
            decided.addScores(values: row, scores: target, kernels: kernels)
        } else if let walked {
            walked.addScores(values: row, scores: target, kernels: kernels)
        } else {
            traversed?.addScores(1, width: width, values: row, scores: target, kernels: kernels)
        }
    }

    /// Rows of one task, at most.
    private static let taskRows = 2048
    /// Numbers of a block of rows that are walked side by side.
    private static let walkedValues = 1 << 16
    /// Rows below which it costs less to take them one by one than to visit all nodes for a block of them.
    private static let leastRows = 24

    /// Calls `body` with ranges that make up `rows`, in parallel. Throws when cancelled.
    func forParts(of rows: Int, in context: RunContext, _ body: @Sendable (Range<Int>) -> Void) throws {
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        // Each row is computed by itself, so that the tasks' size changes nothing: a share of a block for each thread, or
        // whole blocks, several tasks a thread.
        let share = (rows + kernels.threads - 1) / kernels.threads
        let blocks = min(Forest.taskRows, share / 4) / ForestLayout.rows
        let taskRows = max(1, min(ForestLayout.rows, share), blocks * ForestLayout.rows)
        kernels.parallelFor((rows + taskRows - 1) / taskRows) { part in
            if context.cancellation.isCancelled { return }
            body(part * taskRows..<min(rows, (part + 1) * taskRows))
        }
        try context.checkCancellation()
    }

    /// Adds the trees' values to the scores of some rows, `(rows, scores)` row-major, of a table in the model's inputs'
    /// order.
    package func addScores(
        _ table: Table, _ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, kernels: TreeKernels
    ) {
        if let sliced, rows.count >= Forest.leastRows {
            sliced.addScores(table, rows, to: target, kernels: kernels)
        } else {
            walk(table, rows, to: target, kernels: kernels)
        }
    }

    /// Lays rows out one after another, some at a time, and walks down the trees with them.
    private func walk(
        _ table: Table, _ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, kernels: TreeKernels
    ) {
        let width = max(1, table.columns.count)
        // A tree is walked by as many rows as stay in the second-level cache.
        let most = max(64, min(512, Forest.walkedValues / (width + (walked?.places ?? 0))))
        let blockRows = min(most, rows.count)
        let block = UnsafeMutablePointer<Double>.allocate(capacity: width * blockRows)
        block.initialize(repeating: 0, count: width * blockRows)
        let expanded = UnsafeMutablePointer<Double>.allocate(capacity: blockRows * (walked?.places ?? 0) + 1)
        defer {
            block.deallocate()
            expanded.deallocate()
        }
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: most) {
            let part = first..<min(first + most, rows.upperBound)
            for column in usedColumns { table.columns[column].write(part, to: block + column, stride: width) }
            let sums = target + (first - rows.lowerBound) * scores
            if let decided, kernels.prefersDeciding {
                for row in 0..<part.count {
                    decided.addScores(values: block + row * width, scores: sums + row * scores, kernels: kernels)
                }
            } else if let walked {
                walked.addScores(
                    part.count, width: width, values: block, expanded: expanded, scores: sums, kernels: kernels)
            } else {
                traversed?.addScores(part.count, width: width, values: block, scores: sums, kernels: kernels)
            }
        }
    }
}
