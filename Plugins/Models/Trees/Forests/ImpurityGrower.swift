import ApusCore
import ApusKernels

/// Grows one tree on its sample of the rows, on one thread: a forest's trees grow side by side.
///
/// Of each node's rows the histograms of the drawn columns are built, with nothing kept or subtracted: with a few
/// columns of many drawn that is less work. Nodes are split depth first, or best first where leaves are limited.
final class ImpurityGrower {
    /// A node that waits to be split.
    struct Candidate {
        let node: Int
        let rows: NodeRows
        let depth: Int
        /// Columns in which all rows of the node are alike.
        let constants: ColumnSet
        let split: ImpuritySplit
    }

    /// Rows of a node: a stretch of one of two arenas, in both of which the stretch is the node's.
    struct NodeRows {
        let start: Int
        let count: Int
        let arena: Int
    }

    let bins: ForestBins
    let target: ForestTarget
    let settings: ForestSettings
    let rule: ImpurityRule
    let kernels: TreeKernels
    /// Columns to look at for a split.
    let wanted: Int
    /// The columns in an order that draws shuffle further.
    let columns: LargeMemory<Int32>
    var random: RandomDraws
    /// What the rows of the node at hand add, in their order.
    let gathered: LargeMemory<Int64>
    let cells: LargeMemory<Int64>
    let counts: LargeMemory<UInt32>
    let present = LargeMemory<UInt8>(256)
    let order = LargeMemory<UInt8>(256)
    /// Sums of the left side: while scanning, and of the best split.
    let scratch: LargeMemory<Int64>
    let bestLeft: LargeMemory<Int64>

    private let sample: ForestSample
    private let arenas: [LargeMemory<UInt32>]
    private let mask: LargeMemory<UInt8>
    private let context: RunContext
    private let impurityUnit: Double
    private var tree: GrownTree
    /// Sums of each node's rows, `rule.width` a node.
    private var sums: [Int64]
    /// Rows of each node.
    private var rowsOfNodes: [NodeRows]
    private var frontier: [Candidate] = []

    init(
        _ bins: ForestBins, _ target: ForestTarget, _ sample: ForestSample, _ settings: ForestSettings,
        columnCount: Int, tree number: Int, _ context: RunContext
    ) {
        self.bins = bins
        self.target = target
        self.sample = sample
        self.settings = settings
        self.context = context
        rule = target.rule(settings)
        kernels = TreeKernels(context.backend)
        impurityUnit = target.impurityUnit(rule)
        wanted = settings.growth.maxFeatures.number(of: columnCount, target.task)
        random = RandomDraws(context.random("forest.columns"), stream: number)
        columns = LargeMemory(bins.table.features.count)
        for column in 0..<bins.table.features.count { columns.pointer[column] = Int32(column) }
        let rows = sample.rows.count
        arenas = (0..<2).map { _ in LargeMemory(rows) }
        _ = arenas[0].buffer.initialize(fromContentsOf: sample.rows)
        mask = LargeMemory(rows / 8 + 2)
        gathered = LargeMemory(rows * target.rowWidth)
        let width = rule.width
        cells = LargeMemory(256 * width)
        cells.buffer.initialize(repeating: 0)
        counts = LargeMemory(256)
        counts.buffer.initialize(repeating: 0)
        scratch = LargeMemory(width)
        bestLeft = LargeMemory(width)
        tree = GrownTree(nodes: [GrownTree.Node(count: rows)])
        rowsOfNodes = [NodeRows(start: 0, count: rows, arena: 0)]
        sums = [Int64](repeating: 0, count: width)
        for row in sample.rows {
            let words = sample.words.pointer + target.rowWidth * Int(row)
            if target.isClasses {
                sums[Int(words[0] & ImpurityRule.classMask)] += words[0] >> ImpurityRule.classBits
            } else {
                for word in 0..<width { sums[word] += words[word] }
            }
        }
    }

    /// Grows the tree. The answers of all its nodes are row-major, `target.outputs` a node.
    func grow() throws -> (tree: GrownTree, answers: [Double]) {
        try consider(0, rowsOfNodes[0], depth: 0, ColumnSet())
        var leaves = 1
        while leaves < settings.growth.maxLeafNodes ?? .max, let next = frontier.popLast() {
            try divide(next)
            leaves += 1
        }
        countDraws()
        let width = rule.width
        let answers = sums.withUnsafeBufferPointer { sums in
            tree.nodes.indices.flatMap { target.answer(sums.baseAddress.unsafelyUnwrapped + width * $0) }
        }
        return (tree, answers)
    }

    /// Counts a row in its nodes as often as it was drawn.
    private func countDraws() {
        guard !sample.times.isEmpty else { return }
        for node in tree.nodes.indices.reversed() {
            if tree.nodes[node].column >= 0 {
                let child = tree.nodes[node].child
                tree.nodes[node].count = tree.nodes[child].count + tree.nodes[child + 1].count
            } else {
                let rows = rowsOfNodes[node]
                let list = UnsafeBufferPointer(start: pointer(rows), count: rows.count)
                tree.nodes[node].count = list.reduce(0) { $0 + Int(sample.times[Int($1)]) }
            }
        }
    }

    /// Looks for a split of a new node.
    private func consider(_ node: Int, _ rows: NodeRows, depth: Int, _ constants: ColumnSet) throws {
        try context.checkCancellation()
        let least = max(settings.growth.minSamplesSplit, 2 * settings.growth.minSamplesLeaf)
        guard depth < settings.growth.maxDepth ?? .max, rows.count >= least, !isPure(node, rows) else { return }
        let records = bins.records(for: rows.count)
        kernels.gather(
            rows.count, width: target.rowWidth, rows: pointer(rows), fetching: records, stride: bins.stride,
            source: sample.words.pointer, into: gathered.pointer)
        var constants = constants
        let width = rule.width
        let found = sums.withUnsafeBufferPointer { sums -> ImpuritySplit? in
            let total = sums.baseAddress.unsafelyUnwrapped + width * node
            guard var split = search(rows.count, pointer(rows), records, total, &constants) else { return nil }
            let decrease = max(0, split.gain - rule.score(total)) * impurityUnit
            split.gain = decrease / Double(target.weight(sums.baseAddress.unsafelyUnwrapped))
            return split
        }
        // The slack of one part in 2^52 is scikit-learn's.
        guard let found, found.gain + .ulpOfOne >= settings.growth.minImpurityDecrease else { return }
        let candidate = Candidate(node: node, rows: rows, depth: depth, constants: constants, split: found)
        guard settings.growth.maxLeafNodes != nil else { return frontier.append(candidate) }
        // Ascending by gain; of equal ones the earlier node comes last, and so is split first.
        var (low, high) = (0, frontier.count)
        while low < high {
            let middle = (low + high) / 2
            if frontier[middle].split.gain < found.gain { low = middle + 1 } else { high = middle }
        }
        frontier.insert(candidate, at: low)
    }

    private func pointer(_ rows: NodeRows) -> UnsafePointer<UInt32> {
        UnsafePointer(arenas[rows.arena].pointer + rows.start)
    }

    /// Whether all rows of a node want the same answer.
    private func isPure(_ node: Int, _ rows: NodeRows) -> Bool {
        if let numbers = target.numbers {
            let list = pointer(rows)
            let first = numbers.unsafePointer[Int(list[0])]
            return (1..<rows.count).allSatisfy { numbers.unsafePointer[Int(list[$0])] == first }
        }
        let own = sums[rule.width * node..<rule.width * (node + 1)]
        if rule.isClasses { return own.reduce(0) { $0 + ($1 > 0 ? 1 : 0) } <= 1 }
        let weight = own[own.endIndex - 1]
        return own.dropLast().allSatisfy { $0 == 0 || $0 == weight }
    }

    /// Splits a node and looks for splits of its children.
    private func divide(_ candidate: Candidate) throws {
        let (rows, split) = (candidate.rows, candidate.split)
        let from = pointer(rows)
        let to = arenas[1 - rows.arena].pointer + rows.start
        let column = bins.table.column(split.column)
        let left = LeafSplit(left: split.left).withLeftTable {
            kernels.partitionMask(
                rows.count, rows: from, first: 0, column: column, leftTable: $0, mask: mask.pointer)
        }
        kernels.partitionWrite(
            rows.count, leftCount: left, rows: from, first: 0, mask: mask.pointer, left: to, right: to + left)

        let child = tree.nodes.count
        tree.nodes[candidate.node].column = split.column
        tree.nodes[candidate.node].left = split.left
        tree.nodes[candidate.node].bin = split.bin
        tree.nodes[candidate.node].child = child
        tree.nodes[candidate.node].gain = split.gain
        tree.nodes.append(GrownTree.Node(count: left))
        tree.nodes.append(GrownTree.Node(count: rows.count - left))
        sums += split.leftSums
        let own = rule.width * candidate.node
        for word in 0..<rule.width { sums.append(sums[own + word] - split.leftSums[word]) }
        let sides = [
            NodeRows(start: rows.start, count: left, arena: 1 - rows.arena),
            NodeRows(start: rows.start + left, count: rows.count - left, arena: 1 - rows.arena),
        ]
        rowsOfNodes += sides
        for (side, rows) in sides.enumerated() {
            try consider(child + side, rows, depth: candidate.depth + 1, candidate.constants)
        }
    }
}

/// The split of a node.
struct ImpuritySplit {
    /// The held column.
    var column = -1
    /// For a number: bins up to this one go left.
    var bin = 0
    /// All bins that go left, that of missing values included.
    var left = BinSet()
    /// While searching, the score; then how much it lowers the impurity, as a part of the tree's weight.
    var gain = -Double.infinity
    /// Sums of the left side's rows.
    var leftSums: [Int64] = []
}
