import CKernels

/// How the kernels of batch prediction lay out their data; the contract stands in `ck_forest.h`.
package enum ForestLayout {
    /// Rows side by side: the bytes of a block.
    package static let rows = 128
    /// The distance from one block to the next, as nodes and trees count it.
    package static let block = 16
    /// Consecutive trees whose results stand in slots of their own.
    package static let together = 4
    /// Bits of the longest rank: at most 2^8 - 1 thresholds.
    package static let maxSteps = 8
    /// Bounds that a kernel may read, at least.
    package static let leastBounds = 16
    /// Leaves of a tree, at most, so that a byte holds the number of one.
    package static let maxLeaves = 256
    /// Leaf values that a kernel may read from a tree's first on, at least.
    package static let padding = 32

    /// Numbers that a row may become for walking down trees, at most.
    package static let maxPlaces = 1024
    /// Indices of a category: 256 bins, and one for a missing value.
    package static let indices = 257

    /// The byte of a block that belongs to a row.
    @inline(__always)
    package static func byte(_ row: Int) -> Int { row & 64 | (row & 7) << 3 | row >> 3 & 7 }
}

/// A node of a tree that is visited for 128 rows at once; laid out as `ck_forest_node`.
package struct ForestNode: Sendable, BitwiseCopyable {
    /// The block that is compared.
    package var column: UInt32
    /// The threshold, four times.
    private var thresholds: UInt32
    /// The slot of rows up to the threshold.
    package var left: UInt16
    /// The slot of rows above it.
    package var right: UInt16
    /// The slot that receives the leaves.
    package var out: UInt16
    private var unused: UInt16 = 0

    /// A node, its blocks counted one by one: at most 4,095 slots.
    package init(column: Int, left: Int, right: Int, out: Int, threshold: Int8) {
        self.column = UInt32(column * ForestLayout.block)
        thresholds = UInt32(UInt8(bitPattern: threshold)) * 0x0101_0101
        self.left = UInt16(left * ForestLayout.block)
        self.right = UInt16(right * ForestLayout.block)
        self.out = UInt16(out * ForestLayout.block)
    }

    /// Bytes above it go right.
    package var threshold: Int8 { Int8(truncatingIfNeeded: thresholds) }
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

    /// A tree, its slots counted one by one.
    package init(node: Int, nodes: Int, leaf: Int, result: Int) {
        self.node = UInt32(node)
        self.nodes = UInt32(nodes)
        self.leaf = UInt32(leaf)
        self.result = UInt32(result * ForestLayout.block)
    }
}

/// A node of a tree that is walked down; laid out as `ck_forest_step`.
package struct ForestStep: Sendable, BitwiseCopyable {
    /// What stands at the place goes to the child if it is at most this, else to the node behind it.
    package var threshold: Double
    /// The place in the expanded row.
    package var place: UInt32
    /// The left child; of a leaf itself.
    package var child: UInt32

    /// A node.
    package init(threshold: Double, place: UInt32, child: UInt32) {
        self.threshold = threshold
        self.place = place
        self.child = child
    }
}

/// An input whose values are codes; laid out as `ck_forest_category`, where the fields are explained.
package struct ForestCategory: Sendable, BitwiseCopyable {
    /// The input.
    package var input: UInt32
    /// The place of its first set.
    package var place: UInt32
    /// Groups of eight sets.
    package var groups: UInt32
    /// Where its tables start.
    package var table: UInt32
    /// Where the indices of its codes start.
    package var first: UInt32
    /// Codes that are known.
    package var known: UInt32

    /// An input.
    package init(input: UInt32, place: UInt32, groups: UInt32, table: UInt32, first: UInt32, known: UInt32) {
        self.input = input
        self.place = place
        self.groups = groups
        self.table = table
        self.first = first
        self.known = known
    }
}

/// Trees to walk down, as `ck_forest_inputs` and `ck_forest_steps` describe them; pointers into memory that the caller
/// keeps alive.
package struct ForestWalk {
    package let trees: Int
    package let scores: Int
    package let width: Int
    package let places: Int
    package let inputs: UnsafePointer<UInt32>
    package let inputCount: Int
    package let categories: UnsafePointer<ForestCategory>
    package let categoryCount: Int
    package let indices: UnsafePointer<UInt16>
    package let tables: UnsafePointer<UInt8>
    package let steps: UnsafePointer<ForestStep>
    package let leafValues: UnsafePointer<Double>
    package let roots: UnsafePointer<UInt32>
    package let depths: UnsafePointer<UInt32>

    /// Trees.
    package init(
        trees: Int, scores: Int, width: Int, places: Int, inputs: UnsafePointer<UInt32>, inputCount: Int,
        categories: UnsafePointer<ForestCategory>, categoryCount: Int, indices: UnsafePointer<UInt16>,
        tables: UnsafePointer<UInt8>, steps: UnsafePointer<ForestStep>, leafValues: UnsafePointer<Double>,
        roots: UnsafePointer<UInt32>, depths: UnsafePointer<UInt32>
    ) {
        self.trees = trees
        self.scores = scores
        self.width = width
        self.places = places
        self.inputs = inputs
        self.inputCount = inputCount
        self.categories = categories
        self.categoryCount = categoryCount
        self.indices = indices
        self.tables = tables
        self.steps = steps
        self.leafValues = leafValues
        self.roots = roots
        self.depths = depths
    }
}
