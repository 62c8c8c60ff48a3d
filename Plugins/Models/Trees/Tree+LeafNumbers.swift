extension Tree {
    /// Offsets that are told apart when an order is judged; carries beyond them are rare.
    private static let offsets = 32

    /// A number for each leaf, such that few bits have to be selected where two children's numbers meet.
    ///
    /// The leaves below a node have consecutive numbers, and either child comes first. A bit is selected if it varies
    /// among the leaves of a child, or is 1 in the left one and 0 in the right one; 0 and 1 is the node's mask itself.
    /// The order is the best one for numbers that start at an offset (dynamic programming from the leaves up).
    var leafNumbers: [Int] {
        let offsets = Tree.offsets
        let counts = leafCounts
        var costs = [UInt32](repeating: 0, count: nodes.count * offsets)
        func cost(_ node: Node, at first: Int, leftFirst: Bool) -> UInt32 {
            let (one, other) = leftFirst ? (node.child, node.child + 1) : (node.child + 1, node.child)
            let second = first + counts[one]
            return Tree.selects(first, counts[one], counts[other], leftFirst: leftFirst)
                + costs[one * offsets + first % offsets] + costs[other * offsets + second % offsets]
        }
        for (position, node) in nodes.enumerated().reversed() where !node.isLeaf {
            for first in 0..<offsets {
                costs[position * offsets + first] = min(
                    cost(node, at: first, leftFirst: true), cost(node, at: first, leftFirst: false))
            }
        }
        var numbers = [Int](repeating: 0, count: nodes.count)
        for (position, node) in nodes.enumerated() where !node.isLeaf {
            let first = numbers[position]
            let leftFirst = cost(node, at: first, leftFirst: true) <= cost(node, at: first, leftFirst: false)
            numbers[node.child] = leftFirst ? first : first + counts[node.child + 1]
            numbers[node.child + 1] = leftFirst ? first + counts[node.child] : first
        }
        return numbers
    }

    /// Bits to select where `count` numbers from `first` on meet `others` behind them.
    private static func selects(_ first: Int, _ count: Int, _ others: Int, leftFirst: Bool) -> UInt32 {
        let second = first + count
        let varies = varying(first, count) | varying(second, others)
        let opposed = (first ^ second) & ~varies & (leftFirst ? first : second)
        return UInt32(varies.nonzeroBitCount + (opposed == 0 ? 0 : 1))
    }

    /// The bits that vary among `count` numbers from `first` on.
    private static func varying(_ first: Int, _ count: Int) -> Int {
        Int.max >> ((first ^ (first + count - 1)).leadingZeroBitCount - 1)
    }
}
