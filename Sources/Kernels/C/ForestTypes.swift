import CKernels

/// How the kernels of batch prediction lay out their data; the contract stands in `ck_forest.h`.
package enum ForestLayout {
    /// Rows side by side: the bytes of a block, the bits of a plane.
    package static let rows = 512
    /// Words of a plane.
    package static let words = rows / 64
    /// Bits of the longest rank: at most 2^8 - 1 thresholds.
    package static let maxSteps = 8
    /// Bounds that a kernel may read, at least.
    package static let leastBounds = 16
    /// Leaves of a tree, at most.
    package static let maxLeaves = 4096
    /// Leaf values that a kernel may read from a tree's first on, at least.
    package static let padding = 32

    /// Numbers that a row may become for walking down trees, at most.
    package static let maxPlaces = 1024
    /// Indices of a category: 256 bins, and one for a missing value.
    package static let indices = 257

    /// The byte of a block that belongs to a row.
    @inline(__always)
    package static func byte(_ row: Int) -> Int { row & ~63 | (row & 7) << 3 | row >> 3 & 7 }
}

/// A comparison of 512 rows at once; laid out as `ck_forest_mask`.
package struct ForestMask: Sendable, BitwiseCopyable {
    /// The block that is compared.
    package var column: UInt32
    /// The threshold, four times.
    private var thresholds: UInt32

    /// The rows whose byte exceeds the threshold.
    package init(column: Int, threshold: Int8) {
        self.column = UInt32(column)
        thresholds = UInt32(UInt8(bitPattern: threshold)) * 0x0101_0101
    }

    /// Bytes above it are in the mask.
    package var threshold: Int8 { Int8(truncatingIfNeeded: thresholds) }
}

/// A choice between two planes, bit by bit; laid out as `ck_forest_select`.
package struct ForestSelect: Sendable, BitwiseCopyable {
    /// The plane that chooses.
    package var mask: UInt16
    /// The plane that is taken where it has zeros.
    package var left: UInt16
    /// The plane that is taken where it has ones.
    package var right: UInt16
    /// The plane that receives the bits.
    package var out: UInt16

    /// A choice.
    package init(mask: UInt16, left: UInt16, right: UInt16, out: UInt16) {
        self.mask = mask
        self.left = left
        self.right = right
        self.out = out
    }
}

/// A tree of such choices; laid out as `ck_forest_tree`.
package struct ForestTree: Sendable, BitwiseCopyable {
    /// Its first selection.
    package var select: UInt32
    /// How many selections it has.
    package var selects: UInt32
    /// The first of its leaves' values.
    package var leaf: UInt32
    /// Bits of a leaf's number.
    package var bits: UInt32
    private var low = SIMD8<UInt16>()
    private var high = SIMD8<UInt16>()

    /// A tree whose leaves' numbers stand in at most 16 planes.
    package init(select: Int, selects: Int, leaf: Int, planes: [UInt16]) {
        self.select = UInt32(select)
        self.selects = UInt32(selects)
        self.leaf = UInt32(leaf)
        bits = UInt32(planes.count)
        for (bit, plane) in planes.enumerated() {
            if bit < 8 { low[bit] = plane } else { high[bit - 8] = plane }
        }
    }

    /// The plane of a bit, the lowest being 0; that of zeros behind the last.
    @inline(__always)
    package func plane(_ bit: Int) -> UInt16 { bit < 8 ? low[bit] : high[bit - 8] }
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
