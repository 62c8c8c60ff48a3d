import ApusKernels

/// Trees as lists of nodes, children before parents, each with the slots that it reads and writes.
struct BlendedTrees {
    private let splits: BlendedSplits
    private(set) var trees: [ForestTree] = []
    private(set) var nodes: [ForestNode] = []
    private(set) var leafValues: [Double] = []
    private(set) var slotCount = BlendedForest.firstFree

    init(_ splits: BlendedSplits) { self.splits = splits }

    /// Lays out one more tree, whose result goes to the given one of the slots for results; false where it has too many
    /// leaves.
    mutating func add(_ tree: Tree, result: Int) -> Bool {
        guard tree.nodes.count < 2 * ForestLayout.maxLeaves else { return false }
        let firstNode = nodes.count
        let firstLeaf = leafValues.count
        var slots = [Int](repeating: 0, count: tree.nodes.count)
        var free: [Int] = []
        var next = BlendedForest.firstFree
        for (position, node) in tree.nodes.enumerated().reversed() {
            if node.isLeaf {
                slots[position] = leafValues.count - firstLeaf
                leafValues.append(node.value)
                continue
            }
            let (left, right) = (slots[node.child], slots[node.child + 1])
            for slot in [left, right] where slot >= BlendedForest.firstFree { free.append(slot) }
            if position == 0 {
                slots[position] = BlendedForest.firstResult + result
            } else if let slot = free.popLast() {
                slots[position] = slot
            } else {
                slots[position] = next
                next += 1
            }
            let (column, threshold) = splits.comparison(node)
            nodes.append(
                ForestNode(
                    column: UInt32(column), left: UInt16(left), right: UInt16(right), out: UInt16(slots[position]),
                    threshold: threshold))
        }
        slotCount = max(slotCount, next)
        trees.append(
            ForestTree(
                node: UInt32(firstNode), nodes: UInt32(nodes.count - firstNode), leaf: UInt32(firstLeaf),
                result: UInt32(slots[0])))
        return true
    }
}
