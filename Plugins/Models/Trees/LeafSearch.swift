import ApusKernels

/// The search for one leaf's best split in its finished histogram.
struct LeafSearch: @unchecked Sendable {
    private let totals: TreeLeafTotals
    private let ownGain: Double
    private let minGain: Double
    private let isPossible: Bool
    private let allowed: [Bool]?
    private let directions: [Int]
    private let cells: UnsafePointer<UInt64>
    private let counts: UnsafePointer<UInt64>?
    private let binned: BinnedTable
    private let rules: CategoryRules
    private let trees: TreeKernels

    /// `counts` are cells that count rows, for an exact search.
    init(
        _ leaf: TreeGrower.Leaf, _ cells: UnsafePointer<UInt64>, _ counts: UnsafePointer<UInt64>?,
        _ grower: TreeGrower, _ gradients: GradientRows
    ) {
        let limits = grower.limits
        // Gains are measured in squares of the largest gradient, so that none of them overflows.
        var totals = TreeLeafTotals(
            gradientUnit: 1 / gradients.scales.gradient / gradients.largest, hessianUnit: 1 / gradients.scales.hessian,
            lambda: limits.lambda, minHessian: limits.minHessian, minCount: Double(max(1, limits.minSamplesLeaf)),
            gradient: Double(leaf.gradient), hessian: Double(leaf.hessian), count: Double(leaf.count))
        totals.alpha = limits.alpha / gradients.largest
        totals.bounds = (leaf.bounds.lower / gradients.largest, leaf.bounds.upper / gradients.largest)
        self.totals = totals
        let hessian = totals.hessian * totals.hessianUnit + totals.lambda
        ownGain =
            hessian > 0 ? totals.side(gradient: totals.gradient * totals.gradientUnit, hessian: hessian).gain : 0
        minGain = limits.minGain / gradients.largest / gradients.largest
        isPossible = grower.canSplit(leaf) && leaf.hessian > 0
        allowed = grower.allowedColumns(leaf)
        directions = limits.directions
        self.cells = cells
        self.counts = counts
        binned = grower.binned
        rules = limits.categories
        trees = grower.trees
    }

    /// The best split of some columns, of equal ones the first; nil if none gains.
    func best(in columns: Range<Int>) -> LeafSplit? {
        guard isPossible else { return nil }
        var best = LeafSplit()
        // Less than rounding could feign is no gain.
        var most = ownGain + max(minGain, abs(ownGain) * 1e-10)
        for column in columns where allowed?[column] ?? true {
            let bins = binned.bins[column]
            let cells = cells + column * TreeLayout.stride
            let counts = counts.map { $0 + column * TreeLayout.stride }
            let split: TreeSplit
            var left = BinSet()
            if bins.isCategory {
                (split, left) = trees.scanCategories(
                    bins: bins.count, leaf: totals, rules: rules, cells: cells, counts: counts)
            } else {
                split = trees.scan(
                    bins: bins.count, direction: directions.isEmpty ? 0 : directions[column], leaf: totals,
                    cells: cells, counts: counts)
            }
            guard split.gain > most else { continue }
            most = split.gain
            best = LeafSplit(
                column: column, gain: split.gain - ownGain, bin: Int(split.bin), left: left,
                leftGradient: split.leftGradient, leftHessian: split.leftHessian,
                isOrderedSubset: bins.isCategory && split.bin == 1)
            if !bins.isCategory && split.missingLeft == 1 { best.left.insert(TreeLayout.missing) }
            best.missingIsUnknown = split.missingLeft < 0
        }
        return best.column < 0 ? nil : best
    }

    /// The best of the blocks' splits, with every bin's side settled. What the leaf has not seen goes to the heavier
    /// side.
    func finish(_ candidates: [LeafSplit?]) -> LeafSplit? {
        var best: LeafSplit?
        for case let candidate? in candidates where candidate.gain > best?.gain ?? 0 { best = candidate }
        guard var split = best else { return nil }
        let unseenGoLeft = 2 * Double(split.leftHessian) > totals.hessian
        let bins = binned.bins[split.column]
        if bins.isCategory {
            let cells = cells + split.column * TreeLayout.stride
            let unseen = (Array(0..<bins.count) + [TreeLayout.missing]).filter { cells[$0] == 0 }
            if unseenGoLeft { for bin in unseen { split.left.insert(bin) } }
        } else {
            for bin in 0...split.bin { split.left.insert(bin) }
            if split.missingIsUnknown, unseenGoLeft { split.left.insert(TreeLayout.missing) }
        }
        return split
    }
}
