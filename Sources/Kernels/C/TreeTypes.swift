import CKernels
import Foundation

/// How the tree kernels lay out their data; the contract stands in `ck_trees.h`.
package enum TreeLayout {
    /// Columns whose histograms are built together: all of a record where three quarters of their cells, 2 KB a column,
    /// fit the first-level cache.
    package static let block = sysconf(Int32(_SC_LEVEL1_DCACHE_SIZE)) >= 48 << 10 ? 28 : 14
    /// Bytes of a row's record of packed bins, at most.
    package static let record = 32
    /// Cells from one column's histogram to the next.
    package static let stride = 272
    /// The bin of missing values.
    package static let missing = 255
}

/// Fixed-point sums over rows.
package struct FixedSums: Sendable, Equatable, BitwiseCopyable {
    /// Of |gradients|.
    package var gradient: Int64 = 0
    /// Of hessians.
    package var hessian: Int64 = 0
    /// Of the squares of shifted |gradients|.
    package var squares: Int64 = 0

    /// No rows.
    package init() {}

    /// Adds the sums of other rows.
    package static func += (sums: inout FixedSums, others: FixedSums) {
        sums.gradient += others.gradient
        sums.hessian += others.hessian
        sums.squares += others.squares
    }
}

/// What a split of one leaf must satisfy, and the leaf's totals in integer units.
package struct TreeLeafTotals: Sendable {
    /// Real gradient per integer unit.
    package let gradientUnit: Double
    /// Real hessian per integer unit.
    package let hessianUnit: Double
    /// L2 penalty.
    package let lambda: Double
    /// L1 penalty.
    package let alpha: Double
    /// The least and the greatest value that either side may have, as real gradient per real hessian.
    package let bounds: (lower: Double, upper: Double)
    /// Least real hessian on each side, above 0.
    package let minHessian: Double
    /// Least rows on each side.
    package let minCount: Double
    /// Rows per integer hessian unit.
    package let countUnit: Double
    /// The leaf's sum of gradients.
    package let gradient: Double
    /// The leaf's sum of hessians.
    package let hessian: Double
    /// The leaf's rows.
    package let count: Double
    let c: ck_trees_leaf

    /// Totals of one leaf.
    package init(
        gradientUnit: Double, hessianUnit: Double, lambda: Double, alpha: Double = 0,
        bounds: (lower: Double, upper: Double) = (-.infinity, .infinity), minHessian: Double, minCount: Double,
        gradient: Double, hessian: Double, count: Double
    ) {
        self.gradientUnit = gradientUnit
        self.hessianUnit = hessianUnit
        self.lambda = lambda
        self.alpha = alpha
        self.bounds = bounds
        self.minHessian = minHessian
        self.minCount = minCount
        self.gradient = gradient
        self.hessian = hessian
        self.count = count
        countUnit = hessian > 0 ? count / hessian : 0
        var c = ck_trees_leaf()
        c.gradient_unit = gradientUnit
        c.hessian_unit = hessianUnit
        c.lambda = lambda
        c.alpha = alpha
        c.lower = bounds.lower
        c.upper = bounds.upper
        c.min_hessian = minHessian
        c.min_count = minCount
        c.count_unit = countUnit
        c.gradient_total = gradient
        c.hessian_total = hessian
        c.count_total = count
        ck_trees_prepare(&c)
        self.c = c
    }

    /// Whether more is asked for than the plain formula.
    func isBounded(_ direction: Int) -> Bool {
        direction != 0 || alpha > 0 || bounds.lower > -.infinity || bounds.upper < .infinity
    }

    /// The value that sums of a side, `lambda` in the hessian, lead to, and what it gains; as in `ck_trees.h`.
    package func side(gradient: Double, hessian: Double) -> (value: Double, gain: Double) {
        let shrunk = max(0, abs(gradient) - alpha) * (gradient < 0 ? -1 : 1)
        let value = min(max(-shrunk / hessian, bounds.lower), bounds.upper)
        return (value, -(2 * shrunk * value + hessian * value * value))
    }
}

/// How subsets of categories are searched.
package struct CategoryRules: Sendable {
    /// Up to this many categories, one is split off.
    package var oneVersusRest = 4
    /// At most so many categories in the smaller subset.
    package var maxSubset = 32
    /// Added to a category's hessian when ordering; least rows of an ordered category.
    package var smoothing = 10.0
    /// L2 penalty added for ordered subsets.
    package var subsetLambda = 10.0
    /// Least rows between two subsets that are tried, and on the far side.
    package var minGroup = 100.0

    /// LightGBM's defaults.
    package init() {}

    var c: ck_trees_category_rules {
        ck_trees_category_rules(
            one_versus_rest: Int32(oneVersusRest), max_subset: Int32(maxSubset), smoothing: smoothing,
            subset_lambda: subsetLambda, min_group: minGroup)
    }
}

/// The best split of one column in one leaf.
package struct TreeSplit: Sendable, Equatable {
    /// GL²/(HL+λ) + GR²/(HR+λ); negative if no split is allowed.
    package var gain = -1.0
    /// The left side's integer sum of gradients.
    package var leftGradient: Int64 = 0
    /// The left side's integer sum of hessians.
    package var leftHessian: Int64 = 0
    /// Bins up to this one go left; for categories 1 if ordered subsets were tried, 0 for one against the rest.
    package var bin: Int32 = 0
    /// 1 or 0; -1 where the leaf has no missing value to tell.
    package var missingLeft: Int32 = -1

    /// No split.
    package init() {}

    init(_ c: ck_trees_split) {
        gain = c.gain
        leftGradient = c.left_gradient
        leftHessian = c.left_hessian
        bin = c.bin
        missingLeft = c.missing_left
    }
}

/// One split of a growing tree: rows of `leaf` whose bin is not on the left become rows of `right`.
package struct TreeDivision: Sendable {
    /// Leaves' numbers, one byte each.
    package static let mostLeaves = 256
    package let left: BinSet
    package let column: Int
    package let leaf: UInt16
    package let right: UInt16
    let c: ck_trees_division

    /// With a `threshold`, the bins up to it are those on the left, beside the missing one.
    package init(left: BinSet, threshold: Int?, column: Int, leaf: Int, right: Int) {
        self.left = left
        self.column = column
        self.leaf = UInt16(leaf)
        self.right = UInt16(right)
        c = ck_trees_division(
            left: (left[0], left[1], left[2], left[3]), bin: Int32(threshold ?? -1),
            missing_left: left.contains(TreeLayout.missing) ? 1 : 0, column: UInt32(column), leaf: self.leaf,
            right: self.right)
    }
}

/// A set of bins.
package typealias BinSet = SIMD4<UInt64>

extension BinSet {
    /// Whether `bin`, below 256, is in the set.
    @inline(__always)
    package func contains(_ bin: Int) -> Bool { self[bin >> 6] >> UInt64(bin & 63) & 1 == 1 }

    /// The bins up to `last`, below 256.
    package init(upTo last: Int) {
        self.init()
        for word in 0..<4 {
            let bits = Swift.min(64, Swift.max(0, last + 1 - 64 * word))
            self[word] = bits == 64 ? .max : (1 << UInt64(bits)) - 1
        }
    }

    /// Writes 0 or 1 for each of the 256 bins, eight at a time.
    package func expand(into table: UnsafeMutablePointer<UInt8>) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let words = UnsafeMutableRawPointer(table)
        for word in 0..<4 {
            let bits = self[word]
            for byte in 0..<8 {
                let spread = (bits >> UInt64(8 * byte) & 255) &* ones & 0x8040_2010_0804_0201
                let marks = (spread &+ 0x7f * ones) >> 7 & ones
                words.storeBytes(of: marks.littleEndian, toByteOffset: 64 * word + 8 * byte, as: UInt64.self)
            }
        }
    }

    /// Adds `bin`, below 256.
    package mutating func insert(_ bin: Int) { self[bin >> 6] |= 1 << UInt64(bin & 63) }

    /// Removes `bin`, below 256.
    package mutating func remove(_ bin: Int) { self[bin >> 6] &= ~(1 << UInt64(bin & 63)) }
}

/// A node of a compiled tree; laid out as `ck_trees_node`.
package struct TreeNode: Sendable, Equatable, BitwiseCopyable {
    /// Values up to it go left; for a category, where its set starts.
    package var threshold: Double
    /// The column and two flags.
    package var column: UInt32
    /// The left child; the right one follows it. A leaf is its own left child.
    package var child: UInt32

    /// The bit that sends missing values left.
    package static let missingLeft: UInt32 = 0x4000_0000
    /// The bit of a category.
    package static let category: UInt32 = 0x8000_0000
    /// The bits of the column.
    package static let columnMask: UInt32 = 0x3fff_ffff

    /// A leaf at this position: whoever stands on it stays.
    package static func leaf(at position: Int) -> TreeNode {
        TreeNode(threshold: .infinity, column: missingLeft, child: UInt32(position))
    }

    /// A node.
    package init(threshold: Double, column: UInt32, child: UInt32) {
        self.threshold = threshold
        self.column = column
        self.child = child
    }
}
