/// A number for each leaf of a tree, such that few bits have to be flipped on the way down.
///
/// The leaves below a node have consecutive numbers, either child's first. Their code is Gray's: the codes of neighbours
/// differ in one bit. A node's code is that of the first or last leaf below it. One of its children has the same code, and
/// rows that go to the other flip the bits in which the two children's codes differ. The choices are the best ones for
/// numbers that start at an offset (dynamic programming from the leaves up).
struct LeafCode {
    /// The order of two children, the end of each whose code it has, the bits to flip, and how many there and below.
    private struct Choice {
        var leftFirst: Bool
        var ends: (Int, Int)
        var flips: Int
        var cost: UInt32
    }

    /// Offsets that are told apart when a choice is judged; carries beyond them are rare.
    private static let offsets = 8

    private let nodes: [Tree.Node]
    private let counts: [Int]
    /// The bits to flip below each node, for each offset and end.
    private var costs: [UInt32]
    /// The number of each leaf; of other nodes, the first below them.
    private(set) var numbers: [Int]
    /// The bits that each node flips.
    private(set) var flips: [Int]
    /// Whether it flips those of the rows that go right.
    private(set) var flipsRight: [Bool]

    /// Numbers the leaves.
    init(_ tree: Tree) {
        nodes = tree.nodes
        counts = tree.leafCounts
        costs = [UInt32](repeating: 0, count: 2 * LeafCode.offsets * nodes.count)
        numbers = [Int](repeating: 0, count: nodes.count)
        flips = numbers
        flipsRight = [Bool](repeating: false, count: nodes.count)
        for (position, node) in nodes.enumerated().reversed() where !node.isLeaf {
            for first in 0..<LeafCode.offsets {
                for end in 0..<2 { costs[place(position, first, end)] = best(position, first, end).cost }
            }
        }
        // The root has the code of leaf 0, which is 0.
        var ends = numbers
        for (position, node) in nodes.enumerated() where !node.isLeaf {
            let (first, end) = (numbers[position], ends[position])
            let choice = best(position, first, end)
            let (one, other) = choice.leftFirst ? (node.child, node.child + 1) : (node.child + 1, node.child)
            (numbers[one], numbers[other]) = (first, first + counts[one])
            (ends[one], ends[other]) = choice.ends
            flips[position] = choice.flips
            flipsRight[position] = choice.leftFirst == (end == 0)
        }
    }

    private func place(_ position: Int, _ first: Int, _ end: Int) -> Int {
        2 * (position * LeafCode.offsets + first % LeafCode.offsets) + end
    }

    /// The best choice for a node whose numbers start at `first` and whose code is that of the first (0) or last (1).
    private func best(_ position: Int, _ first: Int, _ end: Int) -> Choice {
        var best = Choice(leftFirst: true, ends: (0, 0), flips: 0, cost: .max)
        let node = nodes[position]
        let last = first + counts[position] - 1
        // Of two leaves the right one's rows flip: they need no plane of their own.
        let isPair = nodes[node.child].isLeaf && nodes[node.child + 1].isLeaf
        for leftFirst in [true, false] where !isPair || leftFirst == (end == 0) {
            let (one, other) = leftFirst ? (node.child, node.child + 1) : (node.child + 1, node.child)
            let second = first + counts[one]
            for free in 0..<2 {
                // The child at the node's end has the node's code.
                let ends = end == 0 ? (0, free) : (free, 1)
                let difference = (ends.0 == 0 ? first : second - 1) ^ (ends.1 == 0 ? second : last)
                let flips = difference ^ difference >> 1
                let cost =
                    costs[place(one, first, ends.0)] + costs[place(other, second, ends.1)]
                    + UInt32(flips.nonzeroBitCount)
                if cost < best.cost { best = Choice(leftFirst: leftFirst, ends: ends, flips: flips, cost: cost) }
            }
        }
        return best
    }
}
