import ApusCore
import ApusKernels

/// Grows one tree after another on the same rows, leaf by leaf: the leaf whose split gains most comes first.
final class TreeGrower {
    /// What limits growth.
    struct Limits: Sendable {
        var leaves: Int
        var minSamplesLeaf: Int
        var lambda: Double
        var minHessian = 1e-3
        var categories = CategoryRules()
    }

    /// A leaf while it may still be split.
    struct Leaf {
        let node: Int
        let rows: RowPartition.Rows
        let gradient: Int64
        let hessian: Int64
        /// L2 penalty of its value, which a split by ordered categories raises.
        let lambda: Double
        var histogram: Int?
        var split: LeafSplit?
        /// Whether the split was found with exact row counts instead of estimates.
        var isExact = false
    }

    let binned: BinnedTable
    let limits: Limits
    let kernels: Kernels
    let trees: TreeKernels
    let partition: RowPartition
    let pool: HistogramPool
    let privateCells: [UnsafeMutablePointer<UInt64>]
    let leafOfRow: LargeMemory<UInt16>
    private let context: RunContext

    init(_ binned: BinnedTable, limits: Limits, kernels: Kernels, context: RunContext) {
        self.binned = binned
        self.limits = limits
        self.kernels = kernels
        self.context = context
        trees = TreeKernels(kernels.backend)
        partition = RowPartition(binned.rowCount, kernels: kernels)
        leafOfRow = LargeMemory(binned.rowCount)
        pool = HistogramPool(columns: binned.features.count)
        // Where there are fewer blocks than threads, rows are shared out as well, each share with cells of its own.
        let shares = binned.blocks.isEmpty || binned.blocks.count >= kernels.threads ? 1 : min(8, kernels.threads)
        let cells = pool.cells
        privateCells = (1..<max(1, shares)).map { _ in .allocate(capacity: cells) }
    }

    deinit { for cells in privateCells { cells.deallocate() } }

    /// Grows a tree; adds its leaves' values, times `rate`, to the scores (row i at `gradients.stride * i`).
    func grow(_ gradients: GradientRows, rate: Double, scores: UnsafeMutablePointer<Double>) throws -> GrownTree {
        var tree = GrownTree(nodes: [GrownTree.Node(count: binned.rowCount)])
        var leaves = [
            Leaf(
                node: 0, rows: partition.all, gradient: gradients.totals.gradient, hessian: gradients.totals.hessian,
                lambda: limits.lambda)
        ]
        buildRoot(&leaves[0], gradients)
        while leaves.count < limits.leaves {
            try context.checkCancellation()
            var best: Int?
            for (index, leaf) in leaves.enumerated() {
                if let gain = leaf.split?.gain, gain > best.flatMap({ leaves[$0].split?.gain }) ?? 0 { best = index }
            }
            guard let best, let split = leaves[best].split else { break }

            let counts = split.withLeftTable {
                partition.count(leaves[best].rows, column: binned.column(split.column), leftTable: $0)
            }
            let least = max(1, limits.minSamplesLeaf)
            if counts.left < least || leaves[best].rows.count - counts.left < least {
                searchExactly(&leaves[best], gradients)
                continue
            }
            let (left, right) = divide(leaves[best], split, counts, &tree)
            leaves[best] = left
            leaves.append(right)
            if leaves.count < limits.leaves { buildChildren(&leaves, best, leaves.count - 1, gradients) }
        }
        for leaf in leaves { if let slot = leaf.histogram { pool.give(slot) } }
        setValues(&tree, leaves, gradients, rate: rate, scores: scores)
        return tree
    }

    /// Splits the rows of a leaf; the left child inherits the histogram.
    private func divide(
        _ leaf: Leaf, _ split: LeafSplit, _ counts: SplitCounts, _ tree: inout GrownTree
    ) -> (Leaf, Leaf) {
        let (left, right) = partition.split(leaf.rows, counts)
        let child = tree.nodes.count
        tree.nodes[leaf.node].column = split.column
        tree.nodes[leaf.node].left = split.left
        tree.nodes[leaf.node].bin = split.bin
        tree.nodes[leaf.node].child = child
        tree.nodes[leaf.node].gain = split.gain
        tree.splits.append(leaf.node)
        tree.nodes.append(GrownTree.Node(count: left.count))
        tree.nodes.append(GrownTree.Node(count: right.count))
        let lambda = limits.lambda + (split.isOrderedSubset ? limits.categories.subsetLambda : 0)
        return (
            Leaf(
                node: child, rows: left, gradient: split.leftGradient, hessian: split.leftHessian, lambda: lambda,
                histogram: leaf.histogram),
            Leaf(
                node: child + 1, rows: right, gradient: leaf.gradient - split.leftGradient,
                hessian: leaf.hessian - split.leftHessian, lambda: lambda)
        )
    }

    /// Whether a leaf of this many rows can be split.
    func canSplit(_ rows: RowPartition.Rows) -> Bool { rows.count >= 2 * max(1, limits.minSamplesLeaf) }
}

/// The split that a leaf would make.
struct LeafSplit: Sendable {
    /// The held column.
    var column = -1
    /// What it gains, as a part of the largest squared gradient.
    var gain = 0.0
    /// For a number: bins up to this one go left.
    var bin = 0
    /// All bins that go left.
    var left = BinSet()
    /// The left side's integer sums.
    var leftGradient: Int64 = 0
    var leftHessian: Int64 = 0
    /// Whether categories were ordered to find it.
    var isOrderedSubset = false
    /// Whether the leaf has no missing value that could tell a side.
    var missingIsUnknown = false

    /// 0 or 1 for each bin.
    func withLeftTable<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { table in
            for bin in 0..<256 { table.initializeElement(at: bin, to: left.contains(bin) ? 1 : 0) }
            return body(UnsafePointer(table.baseAddress.unsafelyUnwrapped))
        }
    }
}
