import ApusKernels

/// The values of leaves.
extension TreeGrower {
    /// What tells which leaf a row belongs to.
    enum Marks {
        /// The rows of each leaf, and those that the tree was not grown on.
        case lists([RowPartition.Rows], rest: RowPartition.Rows?)
        /// The way of each row of the table down the tree: as cheap as it gets for trees of few leaves, and without lists.
        case divisions([TreeDivision])
    }

    /// Sets leaf values from exact sums and adds them to the scores of all rows. Each row is marked with its leaf first,
    /// so that gradients and scores are walked in order.
    func setValues(
        _ tree: inout GrownTree, _ leaves: [Leaf], _ marks: Marks, _ gradients: RowGradients, rate: Double,
        scores: UnsafeMutablePointer<Double>
    ) throws {
        let sums = try leafSums(leaves.count, marks, gradients)
        let steps = try gradients.leafValue.map { try solve(leaves, $0) } ?? newtonSteps(leaves, sums, gradients)
        let values = steps.map { $0 * rate }
        for (leaf, value) in zip(leaves, values) { tree.nodes[leaf.node].value = value }
        switch marks {
        case .lists(_, let rest):
            guard let rest else { break }
            let leafOfNode = Dictionary(uniqueKeysWithValues: leaves.enumerated().map { ($1.node, $0) })
            partition.route(rest, down: tree, table) { node, rows in
                partition.mark(rows, leaf: leafOfNode[node] ?? 0, in: leafOfRow)
            }
        case .divisions: count(leaves, sums, &tree)
        }
        let stride = gradients.stride
        nonisolated(unsafe) let scores = scores
        forParts { [trees, leafOfRow] _, first, count in
            trees.addLeafValues(
                count, stride: stride, leaves: leafOfRow.pointer + first, values: values,
                scores: scores + stride * first)
        }
    }

    /// The splits of a tree, in the order in which they were made.
    func divisions(of tree: GrownTree) -> [TreeDivision] {
        var leafOfNode = [Int](repeating: 0, count: tree.nodes.count)
        return tree.splits.enumerated().map { position, index in
            let node = tree.nodes[index]
            let leaf = leafOfNode[index]
            (leafOfNode[node.child], leafOfNode[node.child + 1]) = (leaf, position + 1)
            return TreeDivision(
                left: node.left, threshold: table.bins[node.column].isCategory ? nil : node.bin, column: node.column,
                leaf: leaf, right: position + 1)
        }
    }

    /// Sets the numbers of rows of all nodes from those of the leaves.
    private func count(_ leaves: [Leaf], _ sums: [Int64], _ tree: inout GrownTree) {
        for (position, leaf) in leaves.enumerated() { tree.nodes[leaf.node].count = Int(sums[3 * position + 2]) }
        for node in tree.splits.sorted(by: >) {  // children stand behind their parents
            let child = tree.nodes[node].child
            tree.nodes[node].count = tree.nodes[child].count + tree.nodes[child + 1].count
        }
    }

    /// What each leaf adds to the scores by the sums of its gradients and hessians.
    private func newtonSteps(_ leaves: [Leaf], _ sums: [Int64], _ gradients: RowGradients) -> [Double] {
        leaves.indices.map { leaf in
            leafValue(
                Double(sums[3 * leaf]) / gradients.fixed.scales.gradient,
                Double(sums[3 * leaf + 1]) / gradients.fixed.scales.hessian + leaves[leaf].lambda, leaves[leaf].bounds)
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
        let own = UnsafeBufferPointer(start: UnsafePointer(leafOfRow.pointer), count: table.rowCount)
        var rows = [[UInt32]](repeating: [], count: leaves.count)
        for (row, leaf) in try communicator.gather(own).enumerated() where Int(leaf) < leaves.count {
            rows[Int(leaf)].append(UInt32(row))
        }
        return zip(leaves, rows).map { leaf, rows in leaf.bounds.cut(rows.withUnsafeBufferPointer(value)) }
    }

    /// Marks the rows with their leaves; sums of gradients, hessians and rows over all processes, three words a leaf.
    private func leafSums(_ leaves: Int, _ marks: Marks, _ gradients: RowGradients) throws -> [Int64] {
        // Rows that the tree was not grown on have sums of their own, which nobody reads.
        let words = 3 * (leaves + 1)
        let parts = ResultSlots<[Int64]>(partCount)
        nonisolated(unsafe) let grower = self
        forParts { part, first, count in
            var sums = [Int64](repeating: 0, count: words)
            grower.mark(marks, first..<first + count) { first, count in
                grower.trees.leafSums(
                    count, stride: gradients.stride, scales: gradients.fixed.scales,
                    leaves: grower.leafOfRow.pointer + first,
                    gradients: gradients.gradients + gradients.stride * first,
                    hessians: gradients.hessians + gradients.stride * first, sums: &sums)
            }
            parts[part] = sums
        }
        var total = [Int64](repeating: 0, count: words)
        for part in parts.values { for index in total.indices { total[index] += part[index] } }
        try communicator.sum(&total)
        return total
    }

    /// Writes each row's leaf beside it, and calls `body` with each piece of `range` that is done, while it is in a near
    /// cache.
    private func mark(_ marks: Marks, _ range: Range<Int>, _ body: (_ first: Int, _ count: Int) -> Void) {
        switch marks {
        case .lists(let leaves, let rest):
            partition.mark(leaves + (rest.map { [$0] } ?? []), range, in: leafOfRow, body)
        case .divisions(let divisions):
            for first in stride(from: range.lowerBound, to: range.upperBound, by: RowPartition.tile) {
                let count = min(RowPartition.tile, range.upperBound - first)
                trees.route(
                    count, divisions, stride: table.rowCount, bins: table.column(0) + first,
                    leaves: leafOfRow.pointer + first)
                body(first, count)
            }
        }
    }

    /// Exact sums do not care how rows are shared out: some parts a thread, as one processor may be slower than another,
    /// unless the rows are few.
    private var partCount: Int { max(1, min(8 * kernels.threads, table.rowCount / 4096)) }

    private func forParts(_ body: @Sendable (_ part: Int, _ first: Int, _ count: Int) -> Void) {
        let (rows, parts) = (table.rowCount, partCount)
        kernels.parallelFor(parts) { part in
            let first = part * rows / parts
            body(part, first, (part + 1) * rows / parts - first)
        }
    }
}
