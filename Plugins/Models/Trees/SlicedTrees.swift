import ApusKernels

/// Trees as lists of splits of planes: one of all rows, then those of the rows that reach a tree's nodes, then
/// the masks of the run that a tree belongs to.
struct SlicedTrees {
    /// Trees whose masks are made together.
    struct Run: Sendable {
        var masks: Range<Int>
        var trees: Range<Int>
    }

    /// Masks beyond which the planes of a run would leave the second-level cache.
    private static let maxMasks = 8192
    /// Bits of a leaf's number.
    private let bits: Int
    private(set) var runs: [Run] = []
    private(set) var masks: [ForestMask] = []
    private(set) var trees: [ForestTree] = []
    private(set) var splits: [ForestSplit] = []
    private(set) var leafValues: [Double] = []

    /// The plane of a run's first mask.
    let firstMask: Int

    /// Lays out trees of at most `leaves` leaves, each of which answers the node's value, or where `vectors` is given
    /// its `width` numbers there.
    init(_ trees: [Tree], _ ranked: RankedSplits, leaves: Int, vectors: [[Double]]?, width: Int) {
        bits = Int.bitWidth - (leaves - 1).leadingZeroBitCount
        let paths = trees.map { tree in tree.nodes.count { tree.leadsOn($0) } }
        firstMask = ForestLayout.firstPath + 2 * (paths.max() ?? 0)
        let comparisons = trees.map { tree in tree.nodes.map { $0.isLeaf ? 0 : ranked.key($0) } }
        var first = 0
        while first < trees.count {
            var keys: Set<UInt32> = []
            var last = first
            while last < trees.count {
                let more = Set(zip(trees[last].nodes, comparisons[last]).lazy.filter { !$0.0.isLeaf }.map(\.1))
                    .subtracting(keys)
                guard last == first || keys.count + more.count <= SlicedTrees.maxMasks else { break }
                keys.formUnion(more)
                last += 1
            }
            // Masks of a column stand side by side, so that its bytes are read once.
            let sorted = keys.sorted()
            runs.append(Run(masks: masks.count..<masks.count + sorted.count, trees: first..<last))
            masks += sorted.map { ForestMask(column: Int($0 >> 8), threshold: Int8(truncatingIfNeeded: $0)) }
            let planes = Dictionary(uniqueKeysWithValues: zip(sorted, firstMask...))
            for index in first..<last {
                let masks = comparisons[index].map { planes[$0] ?? ForestLayout.allRows }
                add(trees[index], masks, vectors: vectors?[index], width: width)
            }
            first = last
        }
    }

    /// Lays out one more tree, whose nodes go by the planes in `masks`.
    private mutating func add(_ tree: Tree, _ masks: [Int], vectors: [Double]?, width: Int) {
        let (firstSplit, firstLeaf) = (splits.count, leafValues.count / width)
        let code = LeafCode(tree)
        leafValues += [Double](repeating: 0, count: (tree.nodes.count + 1) / 2 * width)
        // The planes of the rows that reach each node.
        var rows = [Int](repeating: ForestLayout.allRows, count: tree.nodes.count)
        var nextPath = ForestLayout.firstPath
        var flips = [[ForestSplit]](repeating: [], count: bits)
        for (position, node) in tree.nodes.enumerated() {
            guard !node.isLeaf else {
                for output in 0..<width {
                    leafValues[(firstLeaf + code.numbers[position]) * width + output] =
                        vectors?[position * width + output] ?? node.value
                }
                continue
            }
            let right = ForestSplit(rows: rows[position], mask: masks[position])
            if tree.leadsOn(node) {
                splits.append(right)
                (rows[node.child], rows[node.child + 1]) = (nextPath, nextPath + 1)
                nextPath += 2
            }
            let flip =
                code.flipsRight[position] ? right : ForestSplit(rows: rows[node.child], mask: ForestLayout.allRows)
            for bit in 0..<bits where code.flips[position] >> bit & 1 == 1 { flips[bit].append(flip) }
        }
        trees.append(
            ForestTree(
                split: firstSplit, paths: splits.count - firstSplit, leaf: firstLeaf, flips: flips.map(\.count)))
        splits += flips.reversed().joined()
    }
}

extension Tree {
    /// Whether a node has a child that is split again, so that the planes of its children's rows are needed.
    fileprivate func leadsOn(_ node: Node) -> Bool {
        !node.isLeaf && !(nodes[node.child].isLeaf && nodes[node.child + 1].isLeaf)
    }
}
