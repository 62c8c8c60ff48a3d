import ApusCore
import ApusKernels

/// Trees compiled for prediction: raw values in, categories as codes, NaN for missing.
package struct Forest: Sendable {
    /// How many scores a row has; tree t of the model adds to score t % scores, or to all where leaves hold vectors.
    package let scores: Int
    /// The inputs that any tree looks at.
    package let usedColumns: [Int]
    private let treesPerScore: Int
    private let hasVectors: Bool
    private let nodes: Buffer<TreeNode>
    private let values: Buffer<Double>
    private let sets: Buffer<UInt64>
    private let roots: Buffer<UInt32>
    private let depths: Buffer<UInt32>
    /// The layout for batches; nil where a tree has too many leaves or a number too many thresholds.
    private let blended: BlendedForest?

    /// Whether batches are predicted by visiting all nodes instead of walking down row by row.
    package var isBlended: Bool { blended != nil }

    /// Compiles trees, as many for each score. `binOfCode` holds the bins of each category column's codes. Where
    /// `vectors` are given, each tree adds to all scores: `scores` numbers a node.
    package init(_ trees: [Tree], scores: Int, binOfCode: [[UInt8]?], vectors: [[Double]]? = nil) {
        self.scores = scores
        hasVectors = vectors != nil
        treesPerScore = hasVectors ? trees.count : trees.count / max(1, scores)
        var nodes: [TreeNode] = []
        var values: [Double] = []
        var sets: [UInt64] = [0]
        var roots = [UInt32](repeating: 0, count: trees.count)
        var depths = roots
        var used: Set<Int> = []
        for (index, tree) in trees.enumerated() {
            let base = nodes.count
            let slot = hasVectors ? index : index % scores * treesPerScore + index / scores
            roots[slot] = UInt32(base)
            depths[slot] = UInt32(tree.depth)
            for node in tree.nodes {
                if vectors == nil { values.append(node.value) }
                guard !node.isLeaf else {
                    nodes.append(.leaf(at: nodes.count))
                    continue
                }
                used.insert(node.column)
                var column = UInt32(node.column) | (node.missingLeft ? TreeNode.missingLeft : 0)
                var threshold = node.threshold
                if let set = node.set {
                    column |= TreeNode.category
                    threshold = Double(sets.count)
                    sets += Forest.words(set, binOfCode[node.column] ?? [])
                }
                nodes.append(TreeNode(threshold: threshold, column: column, child: UInt32(base + node.child)))
            }
        }
        self.nodes = Buffer(nodes)
        self.values = Buffer(vectors.map { $0.flatMap(\.self) } ?? values)
        self.sets = Buffer(sets)
        self.roots = Buffer(roots)
        self.depths = Buffer(depths)
        usedColumns = used.sorted()
        guard !hasVectors else {
            blended = nil
            return
        }
        let byScore = (0..<scores).flatMap { score in stride(from: score, to: trees.count, by: scores).map { trees[$0] }
        }
        blended = BlendedForest(byScore, treesPerScore: trees.count / max(1, scores), binOfCode: binOfCode)
    }

    /// How many codes, then a bit a code.
    private static func words(_ set: BinSet, _ binOfCode: [UInt8]) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: 1 + (binOfCode.count + 63) / 64)
        words[0] = UInt64(binOfCode.count)
        for (code, bin) in binOfCode.enumerated() where set.contains(Int(bin)) {
            words[1 + (code >> 6)] |= 1 << UInt64(code & 63)
        }
        return words
    }

    /// Adds the trees' values to the scores of `count` rows of `width` values each; `(count, scores)` row-major.
    package func addScores(
        _ count: Int, width: Int, values row: UnsafePointer<Double>, scores target: UnsafeMutablePointer<Double>,
        kernels: TreeKernels
    ) {
        for score in 0..<(hasVectors ? 1 : scores) {
            let first = score * treesPerScore
            let forest = TreeForest(
                trees: treesPerScore, nodes: nodes.unsafePointer, leafValues: values.unsafePointer,
                sets: sets.unsafePointer, roots: roots.unsafePointer + first, depths: depths.unsafePointer + first)
            guard !hasVectors else {
                kernels.traverseVectors(
                    count, forest: forest, rowStride: width, width: scores, values: row, sums: target)
                break
            }
            kernels.traverse(count, forest: forest, rowStride: width, values: row, stride: scores, sums: target + score)
        }
        withExtendedLifetime(self) {}
    }

    /// Rows of one task.
    private static let taskRows = 2048
    /// Rows below which walking down the trees costs less than visiting all nodes.
    private static let leastRows = 8

    /// Calls `body` with ranges that make up `rows`, in parallel. Throws when cancelled.
    func forParts(of rows: Int, in context: RunContext, _ body: @Sendable (Range<Int>) -> Void) throws {
        let parts = (rows + Forest.taskRows - 1) / Forest.taskRows
        Kernels(backend: context.backend, threads: context.threads).parallelFor(parts) { part in
            if context.cancellation.isCancelled { return }
            body(part * Forest.taskRows..<min(rows, (part + 1) * Forest.taskRows))
        }
        try context.checkCancellation()
    }

    /// Adds the trees' values to the scores of some rows, `(rows, scores)` row-major, of a table in the model's inputs'
    /// order.
    package func addScores(
        _ table: Table, _ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, kernels: TreeKernels
    ) {
        if let blended, rows.count >= Forest.leastRows {
            blended.addScores(table, rows, to: target, kernels: kernels)
        } else {
            traverse(table, rows, to: target, kernels: kernels)
        }
    }

    /// Lays rows out one after another, 64 at a time, and walks down the trees with them.
    private func traverse(
        _ table: Table, _ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, kernels: TreeKernels
    ) {
        let width = max(1, table.columns.count)
        let blockRows = min(64, rows.count)
        let block = UnsafeMutablePointer<Double>.allocate(capacity: width * blockRows)
        block.initialize(repeating: 0, count: width * blockRows)
        defer { block.deallocate() }
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: 64) {
            let part = first..<min(first + 64, rows.upperBound)
            for column in usedColumns { table.columns[column].write(part, to: block + column, stride: width) }
            addScores(
                part.count, width: width, values: block, scores: target + (first - rows.lowerBound) * scores,
                kernels: kernels)
        }
    }
}

extension Column {
    /// Writes the values of some rows as doubles, `stride` apart: categories as codes, NaN for missing.
    func write(_ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, stride: Int) {
        switch storage {
        case .double(let values):
            let values = values.unsafePointer + rows.lowerBound
            for row in 0..<rows.count { target[row * stride] = values[row] }
        case .float(let values):
            let values = values.unsafePointer + rows.lowerBound
            for row in 0..<rows.count { target[row * stride] = Double(values[row]) }
        case .integer(let values), .timestamp(let values):
            let values = values.unsafePointer
            for (position, row) in rows.enumerated() {
                target[position * stride] = isMissing(row) ? .nan : Double(values[row])
            }
        case .flag(let bits):
            for (position, row) in rows.enumerated() {
                target[position * stride] = isMissing(row) ? .nan : bits[row] ? 1 : 0
            }
        case .category(let codes, _):
            let codes = codes.unsafePointer
            for (position, row) in rows.enumerated() {
                target[position * stride] = isMissing(row) ? .nan : Double(codes[row])
            }
        case .text:
            for row in 0..<rows.count { target[row * stride] = .nan }
        }
    }
}
