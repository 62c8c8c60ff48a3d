import CKernels

/// Kernels of trees that are split by impurity; shapes, layouts and ranges stand in `ck_impurity.h`.
extension TreeKernels {
    /// What is summed of each listed row, side by side: `target[width * i + k] = source[width * rows[i] + k]`. Bins that
    /// are needed next, `stride` apart, may be named to be fetched meanwhile.
    package func gather(
        _ count: Int, width: Int, rows: UnsafePointer<UInt32>, fetching bins: UnsafePointer<UInt8>? = nil,
        stride: Int = 1, source: UnsafePointer<Int64>, into target: UnsafeMutablePointer<Int64>
    ) {
        if backend == .c {
            ck_impurity_gather(level, count, width, stride, rows, bins, source, target)
        } else {
            SwiftImpurity.gather(count, width, rows, source, target)
        }
    }

    /// Adds rows to the cells of their bins, `column[stride * row]`; lists the bins that occur, ascending, and returns how many there are.
    package func addToCells(
        _ count: Int, rule: ImpurityRule, rows: UnsafePointer<UInt32>, column: UnsafePointer<UInt8>,
        stride: Int = 1, values: UnsafePointer<Int64>, cells: UnsafeMutablePointer<Int64>,
        counts: UnsafeMutablePointer<UInt32>?,
        present: UnsafeMutablePointer<UInt8>
    ) -> Int {
        guard backend == .c else {
            return SwiftImpurity.addToCells(count, rule, rows, column, stride, values, cells, counts, present)
        }
        return rule.isClasses
            ? ck_impurity_add_classes(level, count, rule.outputs, stride, rows, column, values, cells, counts, present)
            : ck_impurity_add_outputs(level, count, rule.width, stride, rows, column, values, cells, counts, present)
    }

    /// The best prefix, within `prefixes`, of an order of bins; 0 if none beats `best`.
    package func scanImpurity(
        _ rule: ImpurityRule, prefixes: ClosedRange<Int>, order: UnsafePointer<UInt8>, total: UnsafePointer<Int64>,
        start: UnsafePointer<Int64>?, startRows: Int, cells: UnsafePointer<Int64>, counts: UnsafePointer<UInt32>?,
        scratch: UnsafeMutablePointer<Int64>, best: inout Double, bestLeft: UnsafeMutablePointer<Int64>
    ) -> Int {
        guard backend == .c else {
            return SwiftImpurity.scan(
                rule, prefixes, order, total, start, startRows, cells, counts, scratch, &best, bestLeft)
        }
        var rule = rule.c
        return ck_impurity_scan(
            level, &rule, prefixes.lowerBound, prefixes.upperBound, order, total, start, UInt64(startRows), cells,
            counts, scratch, &best, bestLeft)
    }

    /// Adds to `sums[width * row + k]` the values of the leaves that each row reaches, `width` of them a leaf.
    package func traverseVectors(
        _ count: Int, forest: TreeForest, rowStride: Int, width: Int, values: UnsafePointer<Double>,
        sums: UnsafeMutablePointer<Double>
    ) {
        if backend == .c {
            ck_trees_traverse_vectors(
                level, count, forest.trees, rowStride, width,
                UnsafeRawPointer(forest.nodes).assumingMemoryBound(to: ck_trees_node.self), forest.leafValues,
                forest.sets, forest.roots, forest.depths, values, sums)
        } else {
            SwiftTrees.traverseVectors(count, forest, rowStride, width, values, sums)
        }
    }
}

/// How splits of one node are judged.
package struct ImpurityRule: Sendable {
    /// Classes, or outputs.
    package var outputs: Int
    /// Whether cells hold the weights of classes; otherwise sums of outputs, and the weight last.
    package var isClasses: Bool
    /// Whether impurity is entropy; otherwise it is Gini's, or the squared error.
    package var isLogarithmic: Bool
    /// Least rows on each side, looked at where counts are given.
    package var minRows: Int
    /// The node's rows.
    package var rows: Int

    /// A rule.
    package init(outputs: Int, isClasses: Bool, isLogarithmic: Bool, minRows: Int, rows: Int) {
        self.outputs = outputs
        self.isClasses = isClasses
        self.isLogarithmic = isLogarithmic
        self.minRows = minRows
        self.rows = rows
    }

    /// Words of a cell.
    package var width: Int { isClasses ? outputs : outputs + 1 }
    /// Bits of a class word that hold the class; its weight stands above them.
    package static let classBits = Int64(CK_IMPURITY_CLASS_BITS)
    /// The class in a class word.
    package static let classMask = Int64(CK_IMPURITY_CLASS_MASK)

    var c: ck_impurity_rule {
        ck_impurity_rule(
            outputs: outputs, classes: isClasses ? 1 : 0, logarithmic: isLogarithmic ? 1 : 0,
            min_rows: UInt64(minRows), rows: UInt64(rows))
    }

    /// The impurity score of sums alone, as a split's sides have it: the larger, the purer.
    package func score(_ sums: UnsafePointer<Int64>) -> Double {
        var (score, weight) = (0.0, isClasses ? 0.0 : Double(sums[outputs]))
        for output in 0..<outputs {
            let sum = Double(sums[output])
            if isClasses { weight += sum }
            if isLogarithmic {
                score += SwiftImpurity.xLogX(sum)
                if !isClasses { score += SwiftImpurity.xLogX(weight - sum) }
            } else {
                score += sum * sum
            }
        }
        let terms = isClasses ? 1 : Double(outputs)
        return isLogarithmic ? score - terms * SwiftImpurity.xLogX(weight) : score / weight
    }
}
