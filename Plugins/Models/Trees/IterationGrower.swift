import ApusCore
import ApusKernels

/// Grows the trees of an iteration, one for each score. Those of small tables grow side by side, a thread each: a tree
/// there has too little work to share out at every split. Which way is taken never changes a tree.
final class IterationGrower: @unchecked Sendable {
    /// A tree, and the largest gradient that it was grown on.
    typealias Grown = (tree: GrownTree, largest: Double)

    /// What is the same for all trees of an iteration.
    struct Iteration {
        /// The rows that the trees are grown on; nil for all.
        let sample: RowSample?
        /// The part of the trees' values that is added to the scores.
        let rate: Double
        /// The columns that the tree of a score may split.
        let columns: (Int) -> ColumnSample
        /// A part of all rows for the search of splits.
        let searched: (_ share: Double) -> TreeSample?
    }

    /// Up to so many rows trees grow side by side.
    private static let smallTable = 65_536
    private static let negligible = 0x1p-40

    /// The largest gradient so far, beside which very small ones count as zero; nil before the first iteration.
    var largest: Double?
    private let scores: Int
    private let shared: TreeGrower
    /// One a thread, with memory of its own for packed gradients.
    private let single: [(grower: TreeGrower, packed: LargeMemory<UInt32>)]
    /// The rows of all processes.
    private let whole: SharedRows
    private let weights: Buffer<Double>?
    /// Effective rows that the splits of a tree are searched on; 0 for all rows.
    private let searchRows: Double
    private let kernels: Kernels

    init(
        _ binned: BinnedTable, scores: Int, limits: GrowthLimits, searchRows: Int, _ whole: SharedRows,
        _ weights: Buffer<Double>?, kernels: Kernels, context: RunContext
    ) {
        self.scores = scores
        self.searchRows =
            limits.leaves <= TreeDivision.mostLeaves ? Double(searchRows) * max(1, Double(limits.leaves) / 32) : 0
        self.whole = whole
        self.weights = weights
        self.kernels = kernels
        shared = TreeGrower(binned, limits: limits, kernels: kernels, context: context)
        // Processes must add up their sums in one order.
        let isSmall = binned.rowCount <= IterationGrower.smallTable && whole.communicator.size == 1
        let together = isSmall ? min(scores, kernels.threads) : 1
        let one = Kernels(backend: kernels.backend, threads: 1)
        single = (0..<(together > 1 ? together : 0)).map { _ in
            (TreeGrower(binned, limits: limits, kernels: one, context: context), LargeMemory(binned.rowCount))
        }
    }

    /// One tree for each score of `rows`, whose scores they change; nil where all gradients were as good as zero.
    func grow(_ iteration: Iteration, on rows: BoostedRows) throws -> [Grown?] {
        nonisolated(unsafe) let (iteration, single) = (iteration, single)
        let together = single.count
        // The first trees come one by one, as each may set what counts as zero for the next. Later, what would leave
        // threads idle at the end is grown by all of them.
        let apart = largest == nil || together == 0 ? 0 : scores / together * together
        let smallest = (largest ?? 0) * IterationGrower.negligible
        let results = ResultSlots<Result<Grown?, any Error>>(apart)
        kernels.parallelFor(apart > 0 ? together : 0) { thread in
            let (grower, packed) = single[thread]
            for score in stride(from: thread, to: apart, by: together) {
                results[score] = Result {
                    try grow(
                        iteration, score, rows, above: smallest, grower, PackedGradients(packed.pointer, stride: 1))
                }
            }
        }
        var grown = try results.values.map { try $0.get() }
        largest = grown.reduce(largest) { most, grown in grown.map { max(most ?? 0, $0.largest) } ?? most }
        for score in apart..<scores {
            let tree = try grow(
                iteration, score, rows, above: (largest ?? 0) * IterationGrower.negligible, shared,
                shared.binned.gradients)
            if let tree { largest = max(largest ?? 0, tree.largest) }
            grown.append(tree)
        }
        return grown
    }

    private func grow(
        _ iteration: Iteration, _ score: Int, _ rows: BoostedRows, above smallest: Double, _ grower: TreeGrower,
        _ packed: PackedGradients
    ) throws -> Grown? {
        let gradients = try rows.gradients(
            of: score, smallest: smallest, packed: packed, whole: whole, wholeWeights: weights)
        guard let gradients else { return nil }
        grower.columns = iteration.columns(score)
        let tree = try grower.grow(
            gradients, sample: sample(iteration, gradients), rate: iteration.rate,
            scores: rows.scores(of: score))
        return (tree, gradients.largest)
    }

    /// The rows of a tree: those of the iteration, or, to search splits on, a part of all that carries gradient enough.
    private func sample(_ iteration: Iteration, _ gradients: GradientRows) -> TreeSample? {
        if let rows = iteration.sample { return TreeSample(rows: rows, searchShare: nil) }
        return gradients.leafValue == nil ? iteration.searched(searchRows / gradients.effectiveCount) : nil
    }
}
