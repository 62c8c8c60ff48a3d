import ApusCore
import ApusKernels

/// Grows one tree after another on the same rows, leaf by leaf.
final class TreeGrower {
    /// A leaf while it may still be split.
    struct Leaf {
        let node: Int
        let depth: Int
        let rows: RowPartition.Rows
        /// Its rows in all processes.
        let count: Int
        let gradient: Int64
        let hessian: Int64
        /// L2 penalty of its value, which a split by ordered categories raises.
        let lambda: Double
        /// The values that monotone columns above it leave.
        let bounds: ValueBounds
        /// The sets of interacting columns that the way from the root fits into.
        let interactions: [Int]
        var histogram: Int?
        var split: LeafSplit?
        /// Whether the split was found with exact row counts instead of estimates.
        var isExact = false
    }

    /// All rows.
    let table: BinnedTable
    /// Those that splits are searched on.
    let searched: SearchedRows
    let limits: GrowthLimits
    let kernels: Kernels
    let trees: TreeKernels
    let partition: RowPartition
    let pool: HistogramPool
    /// For the threads that share out a leaf's rows, all but the first.
    let privateCells: [LargeMemory<UInt64>]
    let leafOfRow: LargeMemory<UInt16>
    /// The columns that the present tree may split at each depth.
    var columns = ColumnSample()
    /// Sums over the processes that share the rows.
    var communicator: any Communicator { context.communicator }
    private let context: RunContext

    /// A grower of trees that split `searched` rows of `table`, in memory of `spare`, if given.
    init(
        _ table: BinnedTable, on searched: SearchedRows, reusing spare: TreeGrower?, limits: GrowthLimits,
        kernels: Kernels, context: RunContext
    ) {
        self.table = table
        self.searched = searched
        self.limits = limits
        self.kernels = kernels
        self.context = context
        trees = TreeKernels(kernels.backend)
        partition = RowPartition(
            searched.count, capacity: searched.capacity, reusing: spare?.partition, kernels: kernels)
        leafOfRow = spare?.leafOfRow ?? LargeMemory(table.rowCount)
        let pool = spare?.pool ?? HistogramPool(columns: table.features.count)
        self.pool = pool
        // Where there are fewer groups than threads, rows are shared out as well, each share with cells of its own.
        let groups = searched.records.groups
        let shares = groups.isEmpty || groups.count >= kernels.threads ? 1 : min(8, kernels.threads)
        privateCells = spare?.privateCells ?? (1..<max(1, shares)).map { _ in LargeMemory(pool.cells) }
    }

    /// Grows a tree on `sample`, by default all rows, with memory for their packed gradients; adds its leaves' values,
    /// times `rate`, to the scores of all rows of the table (row i at `gradients.stride * i`).
    func grow(
        _ gradients: RowGradients, _ packed: PackedGradients, sample: RowSample? = nil, rate: Double,
        scores: UnsafeMutablePointer<Double>
    ) throws -> GrownTree {
        let search = try SearchGradients(gradients, of: searched, in: packed, kernels: kernels, communicator)
        let rows = sample.map { partition.divide(partition.all, mask: $0) }
        let chosen = rows?.left ?? partition.all
        let count = try communicator.sum(chosen.count)
        var tree = GrownTree(nodes: [GrownTree.Node(count: count)])
        var leaves = [try root(chosen, count, search, isSample: sample != nil)]
        while leaves.count < limits.leaves {
            try context.checkCancellation()
            guard let best = next(among: leaves), let split = leaves[best].split else { break }
            let counts = split.withLeftTable {
                partition.count(leaves[best].rows, column: searched.records.table.column(split.column), leftTable: $0)
            }
            let least = max(1, limits.minSamplesLeaf)
            let leftCount = try communicator.sum(counts.left)
            if leftCount < least || leaves[best].count - leftCount < least {
                try searchExactly(&leaves[best], search)
                continue
            }
            let (left, right) = divide(leaves[best], split, counts, leftCount, search, &tree)
            leaves[best] = left
            leaves.append(right)
            if leaves.count < limits.leaves { try buildChildren(&leaves, best, leaves.count - 1, search) }
        }
        for leaf in leaves { if let slot = leaf.histogram { pool.give(slot) } }
        let marks =
            searched.list == nil
            ? Marks.lists(leaves.map(\.rows), rest: rows?.right) : .divisions(divisions(of: tree))
        try setValues(&tree, leaves, marks, gradients, rate: rate, scores: scores)
        return tree
    }

    /// The leaf to split next; nil if none can be.
    private func next(among leaves: [Leaf]) -> Int? {
        var best: Int?
        for index in leaves.indices {
            guard let gain = leaves[index].split?.gain else { continue }
            guard let other = best, let otherGain = leaves[other].split?.gain else {
                best = index
                continue
            }
            let comesFirst =
                limits.isDepthWise && leaves[index].depth != leaves[other].depth
                ? leaves[index].depth < leaves[other].depth : gain > otherGain
            if comesFirst { best = index }
        }
        return best
    }

    /// Splits the rows of a leaf; the left child inherits the histogram.
    private func divide(
        _ leaf: Leaf, _ split: LeafSplit, _ counts: SplitCounts, _ leftCount: Int, _ gradients: SearchGradients,
        _ tree: inout GrownTree
    ) -> (Leaf, Leaf) {
        let (left, right) = partition.split(leaf.rows, counts)
        let child = tree.nodes.count
        tree.nodes[leaf.node].column = split.column
        tree.nodes[leaf.node].left = split.left
        tree.nodes[leaf.node].bin = split.bin
        tree.nodes[leaf.node].child = child
        tree.nodes[leaf.node].gain = split.gain
        tree.splits.append(leaf.node)
        tree.nodes.append(GrownTree.Node(count: leftCount))
        tree.nodes.append(GrownTree.Node(count: leaf.count - leftCount))
        let lambda = limits.lambda + (split.isOrderedSubset ? limits.categories.subsetLambda : 0)
        let rest = (gradient: leaf.gradient - split.leftGradient, hessian: leaf.hessian - split.leftHessian)
        let direction = limits.directions.isEmpty ? 0 : limits.directions[split.column]
        let middle =
            (value(split.leftGradient, split.leftHessian, leaf, gradients)
                + value(rest.gradient, rest.hessian, leaf, gradients)) / 2
        let bounds = leaf.bounds.divided(at: middle, direction: direction)
        let interactions = leaf.interactions.filter { limits.interactions[$0].contains(split.column) }
        return (
            Leaf(
                node: child, depth: leaf.depth + 1, rows: left, count: leftCount, gradient: split.leftGradient,
                hessian: split.leftHessian, lambda: lambda, bounds: bounds.left, interactions: interactions,
                histogram: leaf.histogram),
            Leaf(
                node: child + 1, depth: leaf.depth + 1, rows: right, count: leaf.count - leftCount,
                gradient: rest.gradient, hessian: rest.hessian, lambda: lambda, bounds: bounds.right,
                interactions: interactions)
        )
    }

    /// The value of one side of a leaf's split, from integer sums.
    private func value(_ gradient: Int64, _ hessian: Int64, _ leaf: Leaf, _ gradients: SearchGradients) -> Double {
        leafValue(
            Double(gradient) / gradients.scales.gradient, Double(hessian) / gradients.scales.hessian + leaf.lambda,
            leaf.bounds)
    }

    /// The value that sums of gradients and of hessians and L2 penalty lead to.
    func leafValue(_ gradient: Double, _ hessian: Double, _ bounds: ValueBounds) -> Double {
        guard hessian > 0 else { return bounds.cut(0) }
        let shrunk = limits.alpha > 0 ? max(0, abs(gradient) - limits.alpha) * (gradient < 0 ? -1 : 1) : gradient
        return bounds.cut(-shrunk / hessian)
    }

    /// Whether a leaf can be split at all.
    func canSplit(_ leaf: Leaf) -> Bool {
        leaf.depth < limits.depth && leaf.count >= 2 * max(1, limits.minSamplesLeaf)
    }

    /// The columns that a leaf may be split at; nil for all.
    func allowedColumns(_ leaf: Leaf) -> [Bool]? {
        let sampled = columns.mask(depth: leaf.depth)
        guard !limits.interactions.isEmpty else { return sampled }
        var allowed = [Bool](repeating: false, count: table.features.count)
        for set in leaf.interactions {
            for column in limits.interactions[set] where sampled?[column] ?? true { allowed[column] = true }
        }
        return allowed
    }
}
