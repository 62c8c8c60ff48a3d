import ApusCore
import ApusKernels

/// Rows that are kept from fitting: their loss after each tree.
final class ValidationWatch {
    /// The mean loss when it was measured last.
    private(set) var loss = Double.infinity
    let rows: BoostedRows
    private let binned: BinnedTable
    private let partition: RowPartition
    private let trees: TreeKernels

    init(_ rows: BoostedRows, _ binned: BinnedTable, kernels: Kernels) {
        self.rows = rows
        self.binned = binned
        partition = RowPartition(rows.count, kernels: kernels)
        trees = TreeKernels(kernels.backend)
    }

    /// Measures the loss for the present scores.
    func measure(_ backend: Backend) { loss = rows.measure(backend) }

    /// Adds a tree's values to the scores of the rows.
    func add(_ tree: GrownTree, score: Int) {
        partition.route(partition.all, down: tree, binned) { node, here in
            trees.addValue(
                here.count, rows: partition.pointer(here), first: 0, value: tree.nodes[node].value,
                stride: rows.stride, scores: rows.scores(of: score))
        }
    }
}
