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
    /// The plane of all rows, and the first of those of a tree's paths.
    package static let (allRows, firstPath) = (0, 1)
    /// Bits of the number of a leaf, at most.
    package static let maxBits = 16
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

/// Rows in one plane, and in another those of them that are meant; laid out as `ck_forest_split`.
package struct ForestSplit: Sendable, BitwiseCopyable {
    private static let bytes = UInt32(ForestLayout.rows / 8)
    private var rowsOffset: UInt32
    private var maskOffset: UInt32

    /// The rows of one plane that are in another, too.
    package init(rows: Int, mask: Int) {
        rowsOffset = UInt32(rows) * ForestSplit.bytes
        maskOffset = UInt32(mask) * ForestSplit.bytes
    }

    /// The plane of the rows.
    @inline(__always)
    package var rows: Int { Int(rowsOffset / ForestSplit.bytes) }

    /// The plane of those that are meant.
    @inline(__always)
    package var mask: Int { Int(maskOffset / ForestSplit.bytes) }
}

/// A tree of such splits; laid out as `ck_forest_tree`, where they are explained.
package struct ForestTree: Sendable, BitwiseCopyable {
    /// Its first split.
    package var split: UInt32
    /// Splits that lead down.
    package var paths: UInt32
    /// The first of its leaves' values.
    package var leaf: UInt32
    /// Bits of a leaf's number.
    package var bits: UInt32
    private var low = SIMD8<UInt16>()
    private var high = SIMD8<UInt16>()

    /// A tree whose splits start at `split`: `paths` that lead down, then for each of at most 16 bits of a leaf's number
    /// in Gray code, the highest first, as many as `flips` says, the lowest bit's first.
    package init(split: Int, paths: Int, leaf: Int, flips: [Int]) {
        self.split = UInt32(split)
        self.paths = UInt32(paths)
        self.leaf = UInt32(leaf)
        bits = UInt32(flips.count)
        for (bit, count) in flips.enumerated() {
            if bit < 8 { low[bit] = UInt16(count) } else { high[bit - 8] = UInt16(count) }
        }
    }

    /// Splits that flip a bit, the lowest being 0.
    @inline(__always)
    package func flips(_ bit: Int) -> Int { Int(bit < 8 ? low[bit] : high[bit - 8]) }
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
