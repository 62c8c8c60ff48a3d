import ApusCore
import ApusKernels

/// Trees compiled for prediction: raw values in, categories as codes, NaN for missing.
struct Forest: Sendable {
    /// How many scores a row has; tree t of the model adds to score t % scores.
    let scores: Int
    /// The inputs that any tree looks at.
    let usedColumns: [Int]
    private let treesPerScore: Int
    private let nodes: Buffer<TreeNode>
    private let values: Buffer<Double>
    private let sets: Buffer<UInt64>
    private let roots: Buffer<UInt32>
    private let depths: Buffer<UInt32>

    /// Compiles trees, as many for each score. `binOfCode` holds the bins of each category column's codes.
    init(_ trees: [Tree], scores: Int, binOfCode: [[UInt8]?]) {
        self.scores = scores
        treesPerScore = trees.count / max(1, scores)
        var nodes: [TreeNode] = []
        var values: [Double] = []
        var sets: [UInt64] = [0]
        var roots = [UInt32](repeating: 0, count: trees.count)
        var depths = roots
        var used: Set<Int> = []
        for (index, tree) in trees.enumerated() {
            let base = nodes.count
            let slot = index % scores * treesPerScore + index / scores
            roots[slot] = UInt32(base)
            depths[slot] = UInt32(tree.depth)
            for node in tree.nodes {
                values.append(node.value)
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
        self.values = Buffer(values)
        self.sets = Buffer(sets)
        self.roots = Buffer(roots)
        self.depths = Buffer(depths)
        usedColumns = used.sorted()
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
    func addScores(
        _ count: Int, width: Int, values row: UnsafePointer<Double>, scores target: UnsafeMutablePointer<Double>,
        kernels: TreeKernels
    ) {
        for score in 0..<scores {
            let first = score * treesPerScore
            let forest = TreeForest(
                trees: treesPerScore, nodes: nodes.unsafePointer, leafValues: values.unsafePointer,
                sets: sets.unsafePointer, roots: roots.unsafePointer + first, depths: depths.unsafePointer + first)
            kernels.traverse(count, forest: forest, rowStride: width, values: row, stride: scores, sums: target + score)
        }
        withExtendedLifetime(self) {}
    }

    /// Rows of one task, and of the block that is laid out row by row at a time.
    private static let (taskRows, blockRows) = (2048, 64)

    /// Adds the trees' values to the scores of all rows of a table in the model's inputs' order.
    func addScores(_ table: Table, to target: UnsafeMutablePointer<Double>, in context: RunContext) throws {
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let trees = TreeKernels(kernels.backend)
        let width = max(1, table.columns.count)
        let rows = table.rowCount
        nonisolated(unsafe) let target = target
        kernels.parallelFor((rows + Forest.taskRows - 1) / Forest.taskRows) { task in
            if context.cancellation.isCancelled { return }
            let block = UnsafeMutablePointer<Double>.allocate(capacity: width * Forest.blockRows)
            block.initialize(repeating: 0, count: width * Forest.blockRows)
            defer { block.deallocate() }
            let end = min(rows, (task + 1) * Forest.taskRows)
            for first in stride(from: task * Forest.taskRows, to: end, by: Forest.blockRows) {
                let count = min(Forest.blockRows, end - first)
                for column in usedColumns {
                    table.columns[column].write(first..<first + count, to: block + column, stride: width)
                }
                addScores(count, width: width, values: block, scores: target + first * scores, kernels: trees)
            }
        }
        try context.checkCancellation()
    }
}

extension Column {
    /// Writes the values of some rows as doubles, `stride` apart: categories as codes, NaN for missing.
    fileprivate func write(_ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, stride: Int) {
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
