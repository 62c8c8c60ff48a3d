import ApusCore
import ApusKernels

/// Grows the trees of an iteration, one for each score. Those of small tables grow side by side, a thread each: a tree
/// there has too little work to share out at every split. Which way is taken never changes a tree.
final class IterationGrower: @unchecked Sendable {
    /// A tree, and the largest gradient that it was grown on.
    typealias Grown = (tree: GrownTree, largest: Double)

    /// What is the same for all trees of an iteration.
    struct Iteration {
        /// Iterations before it, those of a continued model included.
        let number: Int
        /// The rows that the trees are grown on; nil for all.
        let sample: RowSample?
        /// The part of the trees' values that is added to the scores.
        let rate: Double
        /// The columns that the tree of a score may split.
        let columns: (Int) -> ColumnSample
    }

    /// What grows trees on some rows.
    private struct Growers {
        let choice: SearchedRows.Choice
        let rows: SearchedRows
        /// For one tree after another.
        let shared: TreeGrower
        /// One a thread, with memory of its own for packed gradients.
        let single: [(grower: TreeGrower, packed: LargeMemory<UInt32>)]
    }

    /// Up to so many rows trees grow side by side.
    private static let smallTable = 65_536
    private static let negligible = 0x1p-40

    /// The largest gradient so far, beside which very small ones count as zero; nil before the first iteration.
    var largest: Double?
    private let table: BinnedTable
    private let scores: Int
    private let limits: GrowthLimits
    /// The rows of all processes.
    private let whole: SharedRows
    private let weights: Buffer<Double>?
    /// Effective rows that the splits of a tree are searched on; 0 for all rows.
    private let searchRows: Double
    private let draw: (_ share: Double, _ period: Int) -> RowSample?
    private let kernels: Kernels
    private let context: RunContext
    private var growers: Growers?

    /// `draw` draws a part of the rows, for a number, to search splits on.
    init(
        _ table: BinnedTable, scores: Int, limits: GrowthLimits, searchRows: Int, _ whole: SharedRows,
        _ weights: Buffer<Double>?, kernels: Kernels, context: RunContext,
        draw: @escaping (_ share: Double, _ period: Int) -> RowSample?
    ) {
        self.table = table
        self.scores = scores
        self.limits = limits
        self.searchRows = limits.leaves <= TreeDivision.mostLeaves ? Double(searchRows) : 0
        self.whole = whole
        self.weights = weights
        self.draw = draw
        self.kernels = kernels
        self.context = context
    }

    /// One tree for each score of `rows`, whose scores they change; nil where all gradients were as good as zero.
    func grow(_ iteration: Iteration, on rows: BoostedRows) throws -> [Grown?] {
        var gradients: [RowGradients?] = []
        for score in 0..<scores {
            let found = try rows.gradients(
                of: score, above: (largest ?? 0) * IterationGrower.negligible, whole: whole, wholeWeights: weights)
            if let found { largest = max(largest ?? 0, found.largest) }
            gradients.append(found)
        }
        let growers = growers(for: choice(iteration, gradients))
        let together = growers.single.count
        // What would leave threads idle at the end is grown by all of them.
        let apart = together == 0 ? 0 : scores / together * together
        let results = ResultSlots<Result<Grown?, any Error>>(apart)
        nonisolated(unsafe) let (own, single) = (iteration, growers.single)
        kernels.parallelFor(apart > 0 ? together : 0) { [gradients] thread in
            let (grower, packed) = single[thread]
            for score in stride(from: thread, to: apart, by: together) {
                results[score] = Result {
                    try grow(
                        own, score, gradients[score], rows, grower, PackedGradients(packed.pointer, stride: 1))
                }
            }
        }
        return try results.values.map { try $0.get() }
            + (apart..<scores).map {
                try grow(iteration, $0, gradients[$0], rows, growers.shared, growers.rows.records.gradients)
            }
    }

    private func grow(
        _ iteration: Iteration, _ score: Int, _ gradients: RowGradients?, _ rows: BoostedRows, _ grower: TreeGrower,
        _ packed: PackedGradients
    ) throws -> Grown? {
        guard let gradients else { return nil }
        grower.columns = iteration.columns(score)
        let tree = try grower.grow(
            gradients, packed, sample: iteration.sample, rate: iteration.rate, scores: rows.scores(of: score))
        return (tree, gradients.largest)
    }

    /// All rows, or, to search splits on, a part of them that carries gradient enough for each tree.
    private func choice(_ iteration: Iteration, _ gradients: [RowGradients?]) -> SearchedRows.Choice {
        let found = gradients.compactMap(\.self)
        let isSearch = iteration.sample == nil && found.allSatisfy { $0.leafValue == nil }
        let share = found.map { searchRows / $0.effectiveCount }.max() ?? 0
        return SearchedRows.Choice(isSearch ? share : 1, iteration: iteration.number)
    }

    private func growers(for choice: SearchedRows.Choice) -> Growers {
        if let growers, growers.choice == choice { return growers }
        // Memory of one sample serves the next; that of all rows is free before a sample asks for its own.
        var spare = growers
        growers = nil
        if choice.share == 1 || spare?.choice.share == 1 { spare = nil }
        let sample = choice.share < 1 ? draw(choice.share, choice.period) : nil
        let searched =
            sample.map { SearchedRows($0, share: choice.share, of: table, reusing: spare?.rows, kernels: kernels) }
            ?? SearchedRows(table, kernels: kernels)
        // Processes must add up their sums in one order.
        let isSmall = table.rowCount <= IterationGrower.smallTable && whole.communicator.size == 1
        let together = isSmall ? min(scores, kernels.threads) : 1
        let one = Kernels(backend: kernels.backend, threads: 1)
        func grower(_ kernels: Kernels, _ spare: TreeGrower?) -> TreeGrower {
            TreeGrower(table, on: searched, reusing: spare, limits: limits, kernels: kernels, context: context)
        }
        let made = Growers(
            choice: choice, rows: searched, shared: grower(kernels, spare?.shared),
            single: (0..<(together > 1 ? together : 0)).map { thread in
                let spare = spare?.single[thread]
                return (grower(one, spare?.grower), .of(searched.capacity, reusing: spare?.packed))
            })
        growers = made
        return made
    }
}
