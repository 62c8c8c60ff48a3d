import CKernels

/// How the kernels of batch prediction lay out their data; the contract stands in `ck_forest.h`.
package enum ForestLayout {
    /// Rows side by side: the bytes of a block.
    package static let rows = 64
    /// Consecutive trees whose results stand in slots of their own.
    package static let together = 4
    /// Bits of the longest rank: at most 2^8 - 1 thresholds.
    package static let maxSteps = 8
    /// Bounds that a kernel may read, at least.
    package static let leastBounds = 16
    /// Leaves of a tree, at most, so that a byte holds the number of one.
    package static let maxLeaves = 256
}

/// A node of a tree that is visited for 64 rows at once; laid out as `ck_forest_node`.
package struct ForestNode: Sendable, BitwiseCopyable {
    /// The block that is compared.
    package var column: UInt32
    /// The slot of rows up to the threshold.
    package var left: UInt16
    /// The slot of rows above it.
    package var right: UInt16
    /// The slot that receives the leaves.
    package var out: UInt16
    /// Bytes above it go right.
    package var threshold: Int8
    private var unused: UInt8 = 0

    /// A node.
    package init(column: UInt32, left: UInt16, right: UInt16, out: UInt16, threshold: Int8) {
        self.column = column
        self.left = left
        self.right = right
        self.out = out
        self.threshold = threshold
    }
}

/// A tree of such nodes; laid out as `ck_forest_tree`.
package struct ForestTree: Sendable, BitwiseCopyable {
    /// Its first node.
    package var node: UInt32
    /// How many nodes it has, leaves apart.
    package var nodes: UInt32
    /// The first of its leaves' values.
    package var leaf: UInt32
    /// The slot that holds the leaves that rows reach.
    package var result: UInt32

    /// A tree.
    package init(node: UInt32, nodes: UInt32, leaf: UInt32, result: UInt32) {
        self.node = node
        self.nodes = nodes
        self.leaf = leaf
        self.result = result
    }
}

/// Batch prediction, 64 rows at a time; shapes and alignments stand in `ck_forest.h`.
extension TreeKernels {
    /// How many of the `2^steps - 1` bounds, level by level from index 1, are below each value, minus 128; NaN is above
    /// all in `right`, below all in `left`.
    package func rank(
        _ count: Int, steps: Int, bounds: UnsafePointer<Double>, values: UnsafePointer<Double>,
        right: UnsafeMutablePointer<Int8>, left: UnsafeMutablePointer<Int8>
    ) {
        if backend == .c {
            ck_forest_rank_double(level, count, steps, bounds, values, right, left)
        } else {
            SwiftForest.rank(count, steps, bounds, values, right, left)
        }
    }

    /// The same for single-precision values.
    package func rank(
        _ count: Int, steps: Int, bounds: UnsafePointer<Double>, values: UnsafePointer<Float>,
        right: UnsafeMutablePointer<Int8>, left: UnsafeMutablePointer<Int8>
    ) {
        if backend == .c {
            ck_forest_rank_float(level, count, steps, bounds, values, right, left)
        } else {
            SwiftForest.rank(count, steps, bounds, values, right, left)
        }
    }

    /// Eight blocks a group of sets: 0 for rows whose bit is set, else -1.
    package func sets(
        _ groups: Int, tableStride: Int, table: UnsafePointer<UInt8>, indices: UnsafePointer<UInt16>,
        columns: UnsafeMutablePointer<Int8>
    ) {
        if backend == .c {
            ck_forest_sets(level, groups, tableStride, table, indices, columns)
        } else {
            SwiftForest.sets(groups, tableStride, table, indices, columns)
        }
    }

    /// Adds to `sums[stride * row]` the values of the leaves that each row reaches, tree after tree.
    package func blend(
        _ count: Int, trees: UnsafeBufferPointer<ForestTree>, nodes: UnsafePointer<ForestNode>,
        leafValues: UnsafePointer<Double>, columns: UnsafePointer<Int8>, slots: UnsafeMutablePointer<UInt8>,
        stride: Int, sums: UnsafeMutablePointer<Double>
    ) {
        guard let tree = trees.baseAddress else { return }
        if backend == .c {
            ck_forest_blend(
                level, count, trees.count, stride,
                UnsafeRawPointer(tree).assumingMemoryBound(to: ck_forest_tree.self),
                UnsafeRawPointer(nodes).assumingMemoryBound(to: ck_forest_node.self), leafValues, columns, slots, sums)
        } else {
            SwiftForest.blend(count, trees, nodes, leafValues, columns, slots, stride, sums)
        }
    }
}
