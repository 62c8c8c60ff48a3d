extension Tree {
    /// The leaves below each node.
    var leafCounts: [Int] {
        var counts = [Int](repeating: 1, count: nodes.count)
        for (position, node) in nodes.enumerated().reversed() where !node.isLeaf {
            counts[position] = counts[node.child] + counts[node.child + 1]
        }
        return counts
    }

    /// The first leaf below each node, leaves being numbered from left to right.
    var firstLeaf: [Int] {
        let counts = leafCounts
        var first = [Int](repeating: 0, count: nodes.count)
        for (position, node) in nodes.enumerated() where !node.isLeaf {
            first[node.child] = first[position]
            first[node.child + 1] = first[position] + counts[node.child]
        }
        return first
    }

    /// All nodes, each after its children, and of these the one with more leaves first.
    var largerFirst: [Int] {
        let counts = leafCounts
        var order: [Int] = []
        var open = [0]
        while let position = open.popLast() {
            order.append(position)
            guard !nodes[position].isLeaf else { continue }
            let (left, right) = (nodes[position].child, nodes[position].child + 1)
            // The order is reversed in the end: what is visited last now comes first.
            open += counts[left] < counts[right] ? [right, left] : [left, right]
        }
        return order.reversed()
    }
}
