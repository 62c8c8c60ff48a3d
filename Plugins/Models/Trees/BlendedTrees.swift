import ApusKernels

/// Trees as lists of nodes, children before parents, each with the slots that it reads and writes: a slot for each
/// number of a leaf, then those for the results of the trees that are added together, then those for nodes between.
struct BlendedTrees {
    private let splits: BlendedSplits
    /// The most leaves of a tree.
    let leaves: Int
    private(set) var trees: [ForestTree] = []
    private(set) var nodes: [ForestNode] = []
    private(set) var leafValues: [Double] = []
    private(set) var slotCount: Int

    /// A layout for trees of at most `leaves` leaves.
    init(_ splits: BlendedSplits, leaves: Int) {
        self.splits = splits
        self.leaves = leaves
        slotCount = leaves + ForestLayout.together
    }

    /// Lays out one more tree, whose result goes to the given one of the slots for results; a leaf answers the node's
    /// value, or where `vectors` is given its `width` numbers there.
    mutating func add(_ tree: Tree, result: Int, vectors: [Double]?, width: Int) {
        let firstNode = nodes.count
        let firstLeaf = leafValues.count / width
        let firstFree = leaves + ForestLayout.together
        var slots = [Int](repeating: 0, count: tree.nodes.count)
        var free: [Int] = []
        var next = firstFree
        for (position, node) in tree.nodes.enumerated().reversed() {
            if node.isLeaf {
                slots[position] = leafValues.count / width - firstLeaf
                if let vectors {
                    leafValues += vectors[position * width..<(position + 1) * width]
                } else {
                    leafValues.append(node.value)
                }
                continue
            }
            let (left, right) = (slots[node.child], slots[node.child + 1])
            for slot in [left, right] where slot >= firstFree { free.append(slot) }
            if position == 0 {
                slots[position] = leaves + result
            } else if let slot = free.popLast() {
                slots[position] = slot
            } else {
                slots[position] = next
                next += 1
            }
            let (column, threshold) = splits.comparison(node)
            nodes.append(
                ForestNode(column: column, left: left, right: right, out: slots[position], threshold: threshold))
        }
        slotCount = max(slotCount, next)
        trees.append(
            ForestTree(node: firstNode, nodes: nodes.count - firstNode, leaf: firstLeaf, result: slots[0]))
    }
}
