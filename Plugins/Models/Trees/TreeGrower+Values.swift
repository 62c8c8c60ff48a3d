import ApusKernels

/// The values of leaves.
extension TreeGrower {
    /// Sets leaf values from exact sums and adds them to the scores of the rows, those that the tree was not grown on
    /// (`leftOut`) included. Each row is marked with its leaf first, so that gradients and scores are walked in order.
    func setValues(
        _ tree: inout GrownTree, _ leaves: [Leaf], _ gradients: GradientRows, leftOut: RowPartition.Rows?,
        rate: Double, scores: UnsafeMutablePointer<Double>
    ) throws {
        kernels.parallelFor(leaves.count) { [partition, leafOfRow] index in
            partition.mark(leaves[index].rows, leaf: index, in: leafOfRow)
        }
        // Rows that the tree was not grown on have a sum of their own, which nobody reads.
        if let leftOut { partition.mark(leftOut, leaf: leaves.count, in: leafOfRow) }
        let steps =
            try gradients.leafValue.map { try solve(leaves, $0) }
            ?? newtonSteps(leaves, try leafSums(leaves.count + (leftOut == nil ? 0 : 1), gradients), gradients)
        let values = steps.map { $0 * rate }
        for (leaf, value) in zip(leaves, values) { tree.nodes[leaf.node].value = value }
        if let leftOut {
            let leafOfNode = Dictionary(uniqueKeysWithValues: leaves.enumerated().map { ($1.node, $0) })
            partition.route(leftOut, down: tree, binned) { node, rows in
                partition.mark(rows, leaf: leafOfNode[node] ?? 0, in: leafOfRow)
            }
        }
        let stride = gradients.stride
        nonisolated(unsafe) let scores = scores
        forParts { [trees, leafOfRow] _, first, count in
            trees.addLeafValues(
                count, stride: stride, leaves: leafOfRow.pointer + first, values: values,
                scores: scores + stride * first)
        }
    }

    /// What each leaf adds to the scores by the sums of its gradients and hessians.
    private func newtonSteps(_ leaves: [Leaf], _ sums: [Int64], _ gradients: GradientRows) -> [Double] {
        leaves.indices.map { leaf in
            leafValue(
                Double(sums[2 * leaf]) / gradients.fixedScales.gradient,
                Double(sums[2 * leaf + 1]) / gradients.fixedScales.hessian + leaves[leaf].lambda, leaves[leaf].bounds)
        }
    }

    /// What each leaf adds to the scores by the objective's own answer for its rows.
    private func solve(
        _ leaves: [Leaf], _ value: @Sendable (UnsafeBufferPointer<UInt32>?) -> Double
    ) throws -> [Double] {
        if communicator.size > 1 { return try solveTogether(leaves, value) }
        let values = ResultSlots<Double>(leaves.count)
        let partition = partition
        kernels.parallelFor(leaves.count) { leaf in
            let rows = leaves[leaf].rows
            let list = partition.pointer(rows).map { UnsafeBufferPointer(start: $0, count: rows.count) }
            values[leaf] = leaves[leaf].bounds.cut(value(list))
        }
        return values.values
    }

    /// The same of the leaves' rows in all processes, each of which does it for itself.
    private func solveTogether(
        _ leaves: [Leaf], _ value: (UnsafeBufferPointer<UInt32>?) -> Double
    ) throws -> [Double] {
        let own = UnsafeBufferPointer(start: UnsafePointer(leafOfRow.pointer), count: binned.rowCount)
        var rows = [[UInt32]](repeating: [], count: leaves.count)
        for (row, leaf) in try communicator.gather(own).enumerated() where Int(leaf) < leaves.count {
            rows[Int(leaf)].append(UInt32(row))
        }
        return zip(leaves, rows).map { leaf, rows in leaf.bounds.cut(rows.withUnsafeBufferPointer(value)) }
    }

    /// Sums of gradients and hessians of all processes, two words a leaf.
    private func leafSums(_ leaves: Int, _ gradients: GradientRows) throws -> [Int64] {
        let parts = ResultSlots<[Int64]>(partCount)
        nonisolated(unsafe) let gradients = gradients
        forParts { [trees, leafOfRow] part, first, count in
            var sums = [Int64](repeating: 0, count: 2 * leaves)
            trees.leafSums(
                count, stride: gradients.stride, scales: gradients.fixedScales, leaves: leafOfRow.pointer + first,
                gradients: gradients.gradients + gradients.stride * first,
                hessians: gradients.hessians + gradients.stride * first, sums: &sums)
            parts[part] = sums
        }
        var total = [Int64](repeating: 0, count: 2 * leaves)
        for part in parts.values { for index in total.indices { total[index] += part[index] } }
        try communicator.sum(&total)
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
