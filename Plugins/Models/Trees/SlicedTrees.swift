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
        let keys = trees.map { tree in tree.nodes.map { $0.isLeaf ? nil : Int(ranked.key($0)) } }
        // The plane of the mask of each key, 0 where it has none yet.
        var planes = [Int](repeating: 0, count: ranked.columnCount << 8)
        var first = 0
        while first < trees.count {
            var made: [Int] = []
            var last = first
            while last < trees.count {
                let known = made.count
                for key in keys[last].lazy.compactMap(\.self) where planes[key] == 0 {
                    planes[key] = firstMask
                    made.append(key)
                }
                guard last == first || made.count <= SlicedTrees.maxMasks else {
                    for key in made[known...] { planes[key] = 0 }
                    made.removeSubrange(known...)
                    break
                }
                last += 1
            }
            // Masks of a column stand side by side, so that its bytes are read once.
            made.sort()
            for (position, key) in made.enumerated() { planes[key] = firstMask + position }
            runs.append(Run(masks: masks.count..<masks.count + made.count, trees: first..<last))
            masks += made.map { ForestMask(column: $0 >> 8, threshold: Int8(truncatingIfNeeded: $0)) }
            for index in first..<last {
                let masks = keys[index].map { $0.map { planes[$0] } ?? ForestLayout.allRows }
                add(trees[index], masks, vectors: vectors?[index], width: width)
            }
            for key in made { planes[key] = 0 }
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
