import CKernels

/// A node that splits; laid out as `ck_shap_split`.
package struct ShapSplit: Sendable, BitwiseCopyable {
    /// The node.
    package var node: UInt32
    /// Its left child; the right one follows.
    package var child: UInt32
    /// The nearest node at or above this one that a split by the same input leads to, 0 for none.
    package var previous: UInt32
    /// The position of the input among those of the tree.
    package var slot: UInt32

    /// A split.
    package init(node: UInt32, child: UInt32, previous: UInt32, slot: UInt32) {
        self.node = node
        self.child = child
        self.previous = previous
        self.slot = slot
    }
}

/// One tree as the kernel of Shapley values takes it; the contract stands in `ck_shap.h`.
package struct ShapTree: Sendable {
    /// Rows of a call, at most.
    package static let rows = 64
    /// States of a node.
    package static let states = 3

    /// Points of the Gauss rule, a multiple of 4.
    package var points: Int
    /// The nodes that split, parents first.
    package var splits: [ShapSplit]
    /// The nodes that do not.
    package var leaves: [UInt32]
    /// Their values.
    package var leafValues: [Double]
    /// The input of each slot.
    package var inputs: [UInt32]

    /// A tree.
    package init(points: Int, splits: [ShapSplit], leaves: [UInt32], leafValues: [Double], inputs: [UInt32]) {
        self.points = points
        self.splits = splits
        self.leaves = leaves
        self.leafValues = leafValues
        self.inputs = inputs
    }

    /// How many nodes there are.
    package var nodes: Int { splits.count + leaves.count }

    /// How many numbers its factors are: two a node, state and point.
    package var factors: Int { 2 * ShapTree.states * nodes * points }
}

/// What a call to the kernel of Shapley values writes to; grows as trees need it.
package final class ShapWorkspace {
    /// 1 for each node and row that goes right.
    package private(set) var right: UnsafeMutablePointer<UInt8>
    /// The factors of each node, state and point.
    package private(set) var tables: UnsafeMutablePointer<Double>
    fileprivate var states: UnsafeMutablePointer<UInt8>
    fileprivate var products: UnsafeMutablePointer<Double>
    fileprivate var sums: UnsafeMutablePointer<Double>

    /// Memory that suffices for each of `trees`.
    package init(for trees: [ShapTree]) {
        let nodes = max(1, trees.map(\.nodes).max() ?? 0)
        let products = max(1, trees.map { $0.nodes * $0.points }.max() ?? 0)
        right = .allocate(capacity: nodes * ShapTree.rows)
        tables = .allocate(capacity: max(1, trees.map(\.factors).max() ?? 0))
        states = .allocate(capacity: nodes * ShapTree.rows * 2)
        self.products = .allocate(capacity: products)
        sums = .allocate(capacity: max(1, trees.map { $0.inputs.count * $0.points }.max() ?? 0))
        right.initialize(repeating: 0, count: nodes * ShapTree.rows)
    }

    deinit {
        right.deallocate()
        tables.deallocate()
        states.deallocate()
        products.deallocate()
        sums.deallocate()
    }
}

extension TreeKernels {
    /// Adds what each input contributes to `contributions[stride * row + input]`, for at most 64 rows; the sides that
    /// rows take and the tree's factors stand in the workspace.
    package func shap(
        _ count: Int, tree: ShapTree, weights: [Double], workspace: ShapWorkspace, stride: Int,
        contributions: UnsafeMutablePointer<Double>
    ) {
        guard backend == .c else {
            return SwiftShap.explain(
                count, tree, weights, workspace.tables, workspace.right, workspace.states, workspace.products,
                workspace.sums, stride, contributions)
        }
        tree.splits.withUnsafeBytes { splits in
            ck_shap_tree(
                level, count, tree.points, tree.splits.count, tree.leaves.count, tree.inputs.count, stride,
                splits.assumingMemoryBound(to: ck_shap_split.self).baseAddress, tree.leaves, tree.leafValues, weights,
                workspace.tables, tree.inputs, workspace.right, workspace.states, workspace.products, workspace.sums,
                contributions)
        }
    }
}
