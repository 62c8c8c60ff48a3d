import ApusKernels

/// A tree as it grew: children stand side by side, after their parent; node 0 is the root.
struct GrownTree: Sendable {
    /// A node.
    struct Node: Sendable {
        /// The held column that it splits; -1 for a leaf.
        var column = -1
        /// The bins that go left, the missing one included.
        var left = BinSet()
        /// For a number: bins up to this one go left.
        var bin = 0
        /// The left child; the right one follows.
        var child = 0
        /// What the split gained.
        var gain = 0.0
        /// The rows that came here in fitting.
        var count = 0
        /// The value of a leaf.
        var value = 0.0
    }

    /// The nodes.
    var nodes: [Node]
    /// Positions of the nodes that were split, in that order.
    var splits: [Int] = []
}
