import ApusCore
import CKernels

/// Kernels of histogram-based trees, in C or Swift; the same bits from either, at every instruction set.
///
/// They are called from inside parallel regions on memory that the caller owns and has checked; shapes, layouts and
/// ranges stand in `ck_trees.h`.
package struct TreeKernels: LeveledKernels {
    /// Which implementation runs.
    package let backend: Backend
    let level: ck_cpu_level

    package init(backend: Backend, level: UInt32) {
        self.backend = backend
        self.level = ck_cpu_level(rawValue: level)
    }

    /// `bins[i]` is the number of the 255 `bounds` below `values[i]`, 255 for NaN.
    package func bin(
        _ count: Int, bounds: UnsafePointer<Double>, values: UnsafePointer<Double>,
        into bins: UnsafeMutablePointer<UInt8>
    ) {
        if backend == .c {
            ck_trees_bin_double(level, count, bounds, values, bins)
        } else {
            SwiftTrees.bin(count, bounds, values, bins)
        }
    }

    /// The same for single-precision values.
    package func bin(
        _ count: Int, bounds: UnsafePointer<Double>, values: UnsafePointer<Float>,
        into bins: UnsafeMutablePointer<UInt8>
    ) {
        if backend == .c {
            ck_trees_bin_float(level, count, bounds, values, bins)
        } else {
            SwiftTrees.bin(count, bounds, values, bins)
        }
    }

    /// Columns of bins, `stride` apart, to records of 16 or 32 bytes a row.
    package func pack(
        _ count: Int, columns: Int, stride: Int, record: Int, bins: UnsafePointer<UInt8>,
        into packed: UnsafeMutablePointer<UInt8>
    ) {
        if backend == .c {
            ck_trees_pack(level, count, columns, stride, record, bins, packed)
        } else {
            SwiftTrees.pack(count, columns, stride, record, bins, packed)
        }
    }

    /// The bins of the listed rows, side by side.
    package func select(
        _ count: Int, rows: UnsafePointer<UInt32>, bins: UnsafePointer<UInt8>,
        into selected: UnsafeMutablePointer<UInt8>
    ) {
        if backend == .c {
            ck_trees_select(level, count, rows, bins, selected)
        } else {
            for position in 0..<count { selected[position] = bins[Int(rows[position])] }
        }
    }

    /// The largest |gradient| and hessian.
    package func maxima(
        _ count: Int, stride: Int, gradients: UnsafePointer<Double>, hessians: UnsafePointer<Double>
    ) -> (gradient: Double, hessian: Double) {
        guard backend == .c else { return SwiftTrees.maxima(count, stride, gradients, hessians) }
        var maxima = (0.0, 0.0)
        withUnsafeMutableBytes(of: &maxima) {
            ck_trees_maxima(
                level, count, stride, gradients, hessians, $0.assumingMemoryBound(to: Double.self).baseAddress)
        }
        return (maxima.0, maxima.1)
    }

    /// Sums of scaled, rounded |gradients|, of their squares after a shift to the right, and of hessians.
    package func fixedSums(
        _ count: Int, stride: Int, scales: TreeScales, shift: Int, gradients: UnsafePointer<Double>,
        hessians: UnsafePointer<Double>
    ) -> FixedSums {
        guard backend == .c else { return SwiftTrees.fixedSums(count, stride, scales, shift, gradients, hessians) }
        var sums = FixedSums()
        withUnsafeMutableBytes(of: &sums) {
            ck_trees_fixed_sums(
                level, count, stride, scales.gradient, scales.hessian, Int32(shift), gradients, hessians,
                $0.assumingMemoryBound(to: Int64.self).baseAddress)
        }
        return sums
    }

    /// Adds scaled, rounded gradients and hessians, and 1, to the sums of each row's leaf: three words a leaf.
    package func leafSums(
        _ count: Int, stride: Int, scales: TreeScales, leaves: UnsafePointer<UInt16>,
        gradients: UnsafePointer<Double>, hessians: UnsafePointer<Double>, sums: UnsafeMutablePointer<Int64>
    ) {
        if backend == .c {
            ck_trees_leaf_sums(
                level, count, stride, scales.gradient, scales.hessian, leaves, gradients, hessians, sums)
        } else {
            SwiftTrees.leafSums(count, stride, scales, leaves, gradients, hessians, sums)
        }
    }

    /// `scores[stride * row] += values[leaves[row]]`
    package func addLeafValues(
        _ count: Int, stride: Int, leaves: UnsafePointer<UInt16>, values: UnsafePointer<Double>,
        scores: UnsafeMutablePointer<Double>
    ) {
        if backend == .c {
            ck_trees_add_leaf_values(level, count, stride, leaves, values, scores)
        } else {
            for row in 0..<count { scores[stride * row] += values[Int(leaves[row])] }
        }
    }

    /// Gradients and hessians of `count` rows, of those that `rows` lists if it is given, as 16 + 16 bits each,
    /// `packed.stride` words apart; returns their sums.
    package func quantise(
        _ count: Int, rows: UnsafePointer<UInt32>? = nil, stride: Int, scales: TreeScales,
        gradients: UnsafePointer<Double>, hessians: UnsafePointer<Double>, into packed: PackedGradients
    ) -> (gradient: Int64, hessian: Int64) {
        guard backend == .c else {
            return SwiftTrees.quantise(count, rows, stride, scales, gradients, hessians, packed)
        }
        var totals: (Int64, Int64) = (0, 0)
        withUnsafeMutableBytes(of: &totals) {
            ck_trees_quantise(
                level, count, rows, stride, packed.stride, scales.gradient, scales.hessian, gradients, hessians,
                packed.pointer, $0.assumingMemoryBound(to: Int64.self).baseAddress)
        }
        return totals
    }

    /// Adds rows to the cells of one block, whose bins stand at `packed` in records of `record` bytes; counts them where
    /// `gradients` is nil. `prefetch` tells whether the listed rows' records are to be asked for, and how many of the
    /// rows that follow are wanted next, at most `count`.
    package func histogram(
        _ count: Int, columns: Int, rows: UnsafePointer<UInt32>?, first: Int,
        prefetch: (near: Bool, next: Int) = (true, 0), record: Int, packed: UnsafePointer<UInt8>,
        gradients: PackedGradients?, cells: UnsafeMutablePointer<UInt64>
    ) {
        if backend == .c {
            ck_trees_histogram(
                level, columns, count, rows, first, prefetch.near ? 1 : 0, prefetch.next, record, packed,
                gradients?.stride ?? 0, gradients?.pointer, cells)
        } else {
            SwiftTrees.histogram(count, columns, rows, first, record, packed, gradients, cells)
        }
    }

    /// Adds rows to the cells of sparse columns, of whose bins only the unusual ones are kept: `entries[starts[row]]` to
    /// `entries[starts[row + 1] - 1]` are their cells. Returns the sum of the rows' gradients as one cell, or their number
    /// where `gradients` is nil.
    package func sparseHistogram(
        _ count: Int, rows: UnsafePointer<UInt32>?, first: Int, starts: UnsafePointer<UInt64>,
        entries: UnsafePointer<UInt16>, gradients: PackedGradients?, cells: UnsafeMutablePointer<UInt64>
    ) -> UInt64 {
        backend == .c
            ? ck_trees_sparse_histogram(
                level, count, rows, first, starts, entries, gradients?.stride ?? 0, gradients?.pointer, cells)
            : SwiftTrees.sparseHistogram(count, rows, first, starts, entries, gradients, cells)
    }

    /// `whole -= part`
    package func subtract(_ count: Int, _ part: UnsafePointer<UInt64>, from whole: UnsafeMutablePointer<UInt64>) {
        if backend == .c {
            ck_trees_subtract(level, count, part, whole)
        } else {
            for cell in 0..<count { whole[cell] &-= part[cell] }
        }
    }

    /// `whole += part`
    package func add(_ count: Int, _ part: UnsafePointer<UInt64>, to whole: UnsafeMutablePointer<UInt64>) {
        if backend == .c {
            ck_trees_add(level, count, part, whole)
        } else {
            for cell in 0..<count { whole[cell] &+= part[cell] }
        }
    }

    /// Makes running sums of a number column's cells; `whole`, such sums of a leaf that `cells` are a part of, keeps what
    /// is left.
    package func runningSums(
        bins: Int, _ cells: UnsafeMutablePointer<UInt64>, from whole: UnsafeMutablePointer<UInt64>? = nil
    ) {
        if backend == .c {
            ck_trees_running_sums(level, bins, cells, whole)
        } else {
            SwiftTrees.runningSums(bins, cells, whole)
        }
    }

    /// The best threshold of a number column, given as running sums, that gains more than `floor`; the right side's value
    /// must not be below (`direction` 1) or above (-1) the left side's. `counts` are running sums of rows.
    package func scan(
        bins: Int, direction: Int = 0, leaf: TreeLeafTotals, floor: Double = -1, sums: UnsafePointer<UInt64>,
        counts: UnsafePointer<UInt64>?
    ) -> TreeSplit {
        guard backend == .c else { return SwiftTrees.scan(bins, direction, leaf, floor, sums, counts) }
        var best = ck_trees_split()
        withUnsafePointer(to: leaf.c) { ck_trees_scan(level, bins, Int32(direction), $0, floor, sums, counts, &best) }
        return TreeSplit(best)
    }

    /// The best subset of categories, and which bins go left.
    package func scanCategories(
        bins: Int, leaf: TreeLeafTotals, rules: CategoryRules, cells: UnsafePointer<UInt64>,
        counts: UnsafePointer<UInt64>?
    ) -> (split: TreeSplit, left: BinSet) {
        guard backend == .c else { return SwiftTrees.scanCategories(bins, leaf, rules, cells, counts) }
        var rules = rules.c
        var best = ck_trees_split()
        var left = BinSet()
        withUnsafeMutableBytes(of: &left) { left in
            withUnsafePointer(to: leaf.c) {
                ck_trees_scan_categories(
                    level, bins, $0, &rules, cells, counts, &best,
                    left.assumingMemoryBound(to: UInt64.self).baseAddress)
            }
        }
        return (TreeSplit(best), left)
    }

    /// One bit a row, set if its bin's entry in `leftTable` (256 bytes of 0 or 1) is; returns how many are.
    package func partitionMask(
        _ count: Int, rows: UnsafePointer<UInt32>?, first: Int, column: UnsafePointer<UInt8>,
        leftTable: UnsafePointer<UInt8>, mask: UnsafeMutablePointer<UInt8>
    ) -> Int {
        backend == .c
            ? ck_trees_partition_mask(level, count, rows, first, column, leftTable, mask)
            : SwiftTrees.partitionMask(count, rows, first, column, leftTable, mask)
    }

    /// Row numbers in their order to the sides that the mask says.
    package func partitionWrite(
        _ count: Int, leftCount: Int, rows: UnsafePointer<UInt32>?, first: Int, mask: UnsafePointer<UInt8>,
        left: UnsafeMutablePointer<UInt32>, right: UnsafeMutablePointer<UInt32>
    ) {
        if backend == .c {
            ck_trees_partition_write(level, count, leftCount, rows, first, mask, left, right)
        } else {
            SwiftTrees.partitionWrite(count, rows, first, mask, left, right)
        }
    }

    /// The leaf that each of `count` rows gets to by the divisions in their order, from leaf 0 on; a row's bin in a column
    /// is at `bins[stride * column + row]`.
    package func route(
        _ count: Int, _ divisions: [TreeDivision], stride: Int, bins: UnsafePointer<UInt8>,
        leaves: UnsafeMutablePointer<UInt16>
    ) {
        guard backend == .c else { return SwiftTrees.route(count, divisions, stride, bins, leaves) }
        ck_trees_route(level, count, divisions.count, divisions.map(\.c), stride, bins, leaves)
    }

    /// `leaves[row] = leaf` for ascending rows as long as they are below `end`; how many were.
    package func mark(
        _ count: Int, rows: UnsafePointer<UInt32>?, first: Int, below end: Int, leaf: UInt16,
        leaves: UnsafeMutablePointer<UInt16>
    ) -> Int {
        if backend == .c { return ck_trees_mark(level, count, rows, first, end, leaf, leaves) }
        for position in 0..<count {
            let row = rows.map { Int($0[position]) } ?? first + position
            guard row < end else { return position }
            leaves[row] = leaf
        }
        return count
    }

    /// `scores[stride * row] += value`
    package func addValue(
        _ count: Int, rows: UnsafePointer<UInt32>?, first: Int, value: Double, stride: Int,
        scores: UnsafeMutablePointer<Double>
    ) {
        if backend == .c {
            ck_trees_add_value(level, count, rows, first, value, stride, scores)
        } else {
            for position in 0..<count {
                scores[stride * (rows.map { Int($0[position]) } ?? first + position)] += value
            }
        }
    }

    /// Adds to `sums[stride * row]` the values of the leaves that each row reaches.
    package func traverse(
        _ count: Int, forest: TreeForest, rowStride: Int, values: UnsafePointer<Double>, stride: Int,
        sums: UnsafeMutablePointer<Double>
    ) {
        if backend == .c {
            ck_trees_traverse(
                level, count, forest.trees, rowStride, stride,
                UnsafeRawPointer(forest.nodes).assumingMemoryBound(to: ck_trees_node.self), forest.leafValues,
                forest.sets, forest.roots, forest.depths, values, sums)
        } else {
            SwiftTrees.traverse(count, forest, rowStride, values, stride, sums)
        }
    }
}

/// Factors from real numbers to integers.
package struct TreeScales: Sendable, Equatable {
    /// For gradients.
    package var gradient: Double
    /// For hessians.
    package var hessian: Double

    /// Scales.
    package init(gradient: Double, hessian: Double) {
        self.gradient = gradient
        self.hessian = hessian
    }
}

/// Gradients and hessians of rows as 16 + 16 bits, in memory that somebody else owns.
package struct PackedGradients: @unchecked Sendable {
    /// The first row's word.
    package let pointer: UnsafeMutablePointer<UInt32>
    /// Words from one row to the next.
    package let stride: Int

    /// Words at `pointer`, `stride` apart.
    package init(_ pointer: UnsafeMutablePointer<UInt32>, stride: Int) {
        self.pointer = pointer
        self.stride = stride
    }

    /// The same from a later row on.
    package func from(_ row: Int) -> PackedGradients { PackedGradients(pointer + stride * row, stride: stride) }
}

/// Compiled trees that somebody else owns.
package struct TreeForest {
    /// How many trees.
    package var trees: Int
    /// All nodes.
    package var nodes: UnsafePointer<TreeNode>
    /// The value of each node that is a leaf.
    package var leafValues: UnsafePointer<Double>
    /// Sets of categories that go left.
    package var sets: UnsafePointer<UInt64>
    /// The first node of each tree.
    package var roots: UnsafePointer<UInt32>
    /// The longest way down each tree.
    package var depths: UnsafePointer<UInt32>

    /// Trees.
    package init(
        trees: Int, nodes: UnsafePointer<TreeNode>, leafValues: UnsafePointer<Double>, sets: UnsafePointer<UInt64>,
        roots: UnsafePointer<UInt32>, depths: UnsafePointer<UInt32>
    ) {
        self.trees = trees
        self.nodes = nodes
        self.leafValues = leafValues
        self.sets = sets
        self.roots = roots
        self.depths = depths
    }
}
