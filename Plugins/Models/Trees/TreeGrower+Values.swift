import ApusKernels

/// The values of leaves.
extension TreeGrower {
    /// Sets leaf values from exact sums and adds them to the scores of the rows. Each row is marked with its leaf
    /// first, so that gradients and scores are walked in order.
    func setValues(
        _ tree: inout GrownTree, _ leaves: [Leaf], _ gradients: GradientRows, rate: Double,
        scores: UnsafeMutablePointer<Double>
    ) {
        let steps = newtonSteps(leaves, gradients)
        let values = (gradients.leafValue.map { solve(leaves, $0) } ?? steps).map { $0 * rate }
        for (leaf, value) in zip(leaves, values) { tree.nodes[leaf.node].value = value }
        let stride = gradients.stride
        nonisolated(unsafe) let scores = scores
        forParts { [trees, leafOfRow] _, first, count in
            trees.addLeafValues(
                count, stride: stride, leaves: leafOfRow.pointer + first, values: values,
                scores: scores + stride * first)
        }
    }

    /// What each leaf adds to the scores by the sums of its gradients and hessians.
    private func newtonSteps(_ leaves: [Leaf], _ gradients: GradientRows) -> [Double] {
        let sums = leafSums(leaves, gradients)
        return leaves.indices.map { leaf in
            let gradient = Double(sums[2 * leaf]) / gradients.fixedScales.gradient
            let hessian = Double(sums[2 * leaf + 1]) / gradients.fixedScales.hessian + leaves[leaf].lambda
            return hessian > 0 ? -gradient / hessian : 0
        }
    }

    /// What each leaf adds to the scores by the objective's own answer for its rows.
    private func solve(_ leaves: [Leaf], _ value: @Sendable (UnsafeBufferPointer<UInt32>?) -> Double) -> [Double] {
        let values = ResultSlots<Double>(leaves.count)
        let partition = partition
        kernels.parallelFor(leaves.count) { leaf in
            let rows = leaves[leaf].rows
            values[leaf] = value(partition.pointer(rows).map { UnsafeBufferPointer(start: $0, count: rows.count) })
        }
        return values.values
    }

    /// Sums of gradients and hessians, two words a leaf.
    private func leafSums(_ leaves: [Leaf], _ gradients: GradientRows) -> [Int64] {
        let partition = partition
        kernels.parallelFor(leaves.count) { [trees, leafOfRow] index in
            let rows = leaves[index].rows
            trees.mark(
                rows.count, rows: partition.pointer(rows), first: rows.start, leaf: UInt16(truncatingIfNeeded: index),
                leaves: leafOfRow.pointer)
        }
        let parts = ResultSlots<[Int64]>(partCount)
        nonisolated(unsafe) let gradients = gradients
        forParts { [trees, leafOfRow] part, first, count in
            var sums = [Int64](repeating: 0, count: 2 * leaves.count)
            trees.leafSums(
                count, stride: gradients.stride, scales: gradients.fixedScales, leaves: leafOfRow.pointer + first,
                gradients: gradients.gradients + gradients.stride * first,
                hessians: gradients.hessians + gradients.stride * first, sums: &sums)
            parts[part] = sums
        }
        var total = [Int64](repeating: 0, count: 2 * leaves.count)
        for part in parts.values { for index in total.indices { total[index] += part[index] } }
        return total
    }

    /// Exact sums do not care how rows are shared out: one part a thread, unless the rows are few.
    private var partCount: Int { max(1, min(kernels.threads, binned.rowCount / 4096)) }

    private func forParts(_ body: @Sendable (_ part: Int, _ first: Int, _ count: Int) -> Void) {
        let (rows, parts) = (binned.rowCount, partCount)
        kernels.parallelFor(parts) { part in
            let first = part * rows / parts
            body(part, first, (part + 1) * rows / parts - first)
        }
    }
}
