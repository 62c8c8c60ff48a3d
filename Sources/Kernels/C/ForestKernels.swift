import CKernels

/// Batch prediction, 512 rows at a time; shapes and alignments stand in `ck_forest.h`.
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

    /// A plane for each mask: the rows whose byte exceeds its threshold.
    package func masks(
        _ count: Int, masks: UnsafeBufferPointer<ForestMask>, columns: UnsafePointer<Int8>,
        planes: UnsafeMutablePointer<UInt64>
    ) {
        guard let mask = masks.baseAddress else { return }
        if backend == .c {
            ck_forest_masks(
                level, count, masks.count, UnsafeRawPointer(mask).assumingMemoryBound(to: ck_forest_mask.self), columns,
                planes)
        } else {
            SwiftForest.masks(masks, columns, planes)
        }
    }

    /// Adds to `sums[stride * row]` the values of the leaves that each row reaches, tree after tree.
    package func slice(
        _ count: Int, trees: UnsafeBufferPointer<ForestTree>, splits: UnsafePointer<ForestSplit>,
        leafValues: UnsafePointer<Double>, planes: UnsafeMutablePointer<UInt64>, stride: Int,
        sums: UnsafeMutablePointer<Double>
    ) {
        guard let tree = trees.baseAddress else { return }
        if backend == .c {
            ck_forest_slice(
                level, count, trees.count, stride,
                UnsafeRawPointer(tree).assumingMemoryBound(to: ck_forest_tree.self),
                UnsafeRawPointer(splits).assumingMemoryBound(to: ck_forest_split.self), leafValues, planes, sums)
        } else {
            SwiftForest.slice(count, trees, splits, leafValues, planes, stride, 1, sums)
        }
    }

    /// The same for leaves of `width` values each, added to `sums[width * row + output]`.
    package func sliceVectors(
        _ count: Int, trees: UnsafeBufferPointer<ForestTree>, splits: UnsafePointer<ForestSplit>, width: Int,
        leafValues: UnsafePointer<Double>, planes: UnsafeMutablePointer<UInt64>, sums: UnsafeMutablePointer<Double>
    ) {
        guard let tree = trees.baseAddress else { return }
        if backend == .c {
            ck_forest_slice_vectors(
                level, count, trees.count, width,
                UnsafeRawPointer(tree).assumingMemoryBound(to: ck_forest_tree.self),
                UnsafeRawPointer(splits).assumingMemoryBound(to: ck_forest_split.self), leafValues, planes, sums)
        } else {
            SwiftForest.slice(count, trees, splits, leafValues, planes, width, width, sums)
        }
    }

    /// Adds to `sums[score]` what the trees answer for one row.
    package func walk(_ values: UnsafePointer<Double>, forest: ForestWalk, sums: UnsafeMutablePointer<Double>) {
        guard backend == .c else {
            return withUnsafeTemporaryAllocation(of: Double.self, capacity: forest.places) { row in
                guard let row = row.baseAddress else { return }
                SwiftForest.walk(1, 0, values, forest, row, sums)
            }
        }
        var (inputs, steps) = (forest.inputsOfC, forest.stepsOfC)
        ck_forest_walk_row(&inputs, &steps, values, sums)
    }

    /// The same for `count` rows, `rowStride` values apart; `expanded` has room for `places` numbers a row.
    package func walk(
        _ count: Int, rowStride: Int, values: UnsafePointer<Double>, forest: ForestWalk,
        expanded: UnsafeMutablePointer<Double>, sums: UnsafeMutablePointer<Double>
    ) {
        guard backend == .c else { return SwiftForest.walk(count, rowStride, values, forest, expanded, sums) }
        var (inputs, steps) = (forest.inputsOfC, forest.stepsOfC)
        ck_forest_walk(count, rowStride, &inputs, &steps, values, expanded, sums)
    }
}

extension ForestWalk {
    fileprivate var inputsOfC: ck_forest_inputs {
        ck_forest_inputs(
            numbers: inputCount, categories: categoryCount, places: places, inputs: inputs,
            category: UnsafeRawPointer(categories).assumingMemoryBound(to: ck_forest_category.self), indices: indices,
            tables: tables)
    }

    fileprivate var stepsOfC: ck_forest_steps {
        ck_forest_steps(
            trees: trees, scores: scores, width: width,
            steps: UnsafeRawPointer(steps).assumingMemoryBound(to: ck_forest_step.self), leaf_values: leafValues,
            roots: roots, depths: depths)
    }
}
