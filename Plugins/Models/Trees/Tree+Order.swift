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
}
