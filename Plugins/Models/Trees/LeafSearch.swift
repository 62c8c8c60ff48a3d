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
        _ grower: TreeGrower, _ gradients: SearchGradients
    ) {
        let limits = grower.limits
        // Gains are measured in squares of the largest gradient, so that none of them overflows.
        totals = TreeLeafTotals(
            gradientUnit: 1 / gradients.scales.gradient / gradients.largest, hessianUnit: 1 / gradients.scales.hessian,
            lambda: limits.lambda, alpha: limits.alpha / gradients.largest,
            bounds: (leaf.bounds.lower / gradients.largest, leaf.bounds.upper / gradients.largest),
            minHessian: limits.minHessian, minCount: Double(max(1, limits.minSamplesLeaf)),
            gradient: Double(leaf.gradient), hessian: Double(leaf.hessian), count: Double(leaf.count))
        let hessian = totals.hessian * totals.hessianUnit + totals.lambda
        ownGain =
            hessian > 0 ? totals.side(gradient: totals.gradient * totals.gradientUnit, hessian: hessian).gain : 0
        minGain = limits.minGain / gradients.largest / gradients.largest
        isPossible = grower.canSplit(leaf) && leaf.hessian > 0
        allowed = grower.allowedColumns(leaf)
        directions = limits.directions
        self.cells = cells
        self.counts = counts
        binned = grower.searched.records.table
        rules = limits.categories
        trees = grower.trees
    }

    /// The best split so far, and what a better one must gain, the leaf's own gain included.
    struct Best: Sendable {
        fileprivate(set) var split: LeafSplit?
        fileprivate(set) var most: Double
    }

    /// Before any column was looked at. Less than rounding could feign is no gain; -1 stands for no split.
    var start: Best { Best(split: nil, most: max(-1, ownGain + max(minGain, abs(ownGain) * 1e-10))) }

    /// Looks for a better split at one column; of equal ones the first stays.
    func improve(_ best: inout Best, at column: Int) {
        guard isPossible, allowed?[column] ?? true else { return }
        // One after the other: a copy of the whole would be counted, by all threads at the same place.
        let (bins, isCategory) = (binned.bins[column].count, binned.bins[column].isCategory)
        let cells = cells + column * TreeLayout.stride
        let counts = counts.map { $0 + column * TreeLayout.stride }
        let split: TreeSplit
        var left = BinSet()
        if isCategory {
            (split, left) = trees.scanCategories(
                bins: bins, leaf: totals, rules: rules, cells: cells, counts: counts)
        } else {
            split = trees.scan(
                bins: bins, direction: directions.isEmpty ? 0 : directions[column], leaf: totals,
                floor: best.most, sums: cells, counts: counts)
        }
        guard split.gain > best.most else { return }
        best.most = split.gain
        var found = LeafSplit(
            column: column, gain: split.gain - ownGain, bin: Int(split.bin), left: left,
            leftGradient: split.leftGradient, leftHessian: split.leftHessian,
            isOrderedSubset: isCategory && split.bin == 1)
        if !isCategory && split.missingLeft == 1 { found.left.insert(TreeLayout.missing) }
        found.missingIsUnknown = split.missingLeft < 0
        best.split = found
    }

    /// The best of what was found in parts of the columns, with every bin's side settled. What the leaf has not seen
    /// goes to the heavier side.
    func finish(_ parts: [Best]) -> LeafSplit? {
        var best = start
        for part in parts where part.split != nil && part.most > best.most { best = part }
        guard var split = best.split else { return nil }
        let unseenGoLeft = 2 * Double(split.leftHessian) > totals.hessian
        let bins = binned.bins[split.column]
        if bins.isCategory {
            let cells = cells + split.column * TreeLayout.stride
            let unseen = (Array(0..<bins.count) + [TreeLayout.missing]).filter { cells[$0] == 0 }
            if unseenGoLeft { for bin in unseen { split.left.insert(bin) } }
        } else {
            split.left |= BinSet(upTo: split.bin)
            if split.missingIsUnknown, unseenGoLeft { split.left.insert(TreeLayout.missing) }
        }
        return split
    }
}
