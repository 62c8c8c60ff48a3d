import ApusKernels

/// Histograms and the search for splits.
extension TreeGrower {
    /// Below this many updates a parallel region costs more than it saves.
    private static let serialUpdates = 8192
    /// Below this many rows sharing out rows costs more than adding up the shares.
    private static let sharedRows = 8192

    /// The root with its histogram and split.
    func root(_ rows: RowPartition.Rows, _ count: Int, _ gradients: GradientRows, isSample: Bool) throws -> Leaf {
        func leaf(_ totals: (gradient: Int64, hessian: Int64)) -> Leaf {
            Leaf(
                node: 0, depth: 0, rows: rows, count: count, gradient: totals.gradient, hessian: totals.hessian,
                lambda: limits.lambda, bounds: ValueBounds(), interactions: Array(limits.interactions.indices))
        }
        var root = leaf(gradients.totals)
        guard canSplit(root), !binned.blocks.isEmpty, let slot = pool.take() else { return root }
        try addRows(of: root, to: pool.pointer(slot), gradients.packed)
        if isSample { root = leaf(binned.totals(of: pool.pointer(slot))) }
        root.histogram = slot
        search([root], gradients, counts: nil) { root.split = $0[0] }
        return root
    }

    /// Histograms and splits of two new leaves; the left one holds its parent's histogram, if there was one.
    func buildChildren(_ leaves: inout [Leaf], _ left: Int, _ right: Int, _ gradients: GradientRows) throws {
        let inherited = leaves[left].histogram
        leaves[left].histogram = nil
        guard canSplit(leaves[left]) || canSplit(leaves[right]) else {
            if let inherited { pool.give(inherited) }
            return
        }
        let smaller = leaves[left].count <= leaves[right].count ? left : right
        let larger = smaller == left ? right : left
        if let inherited {
            leaves[larger].histogram = inherited
            guard let slot = takeSlot(&leaves, sparing: (left, right)) else { return }
            leaves[smaller].histogram = slot
            try buildPair(&leaves, smaller, larger, gradients)
            return
        }
        for leaf in [left, right] where canSplit(leaves[leaf]) {
            guard let slot = takeSlot(&leaves, sparing: (left, right)) else { return }
            leaves[leaf].histogram = slot
            try addRows(of: leaves[leaf], to: pool.pointer(slot), gradients.packed)
            search([leaves[leaf]], gradients, counts: nil) { leaves[leaf].split = $0[0] }
        }
    }

    /// A free slot, or that of the leaf whose split gains least: it keeps the split and does without the histogram.
    private func takeSlot(_ leaves: inout [Leaf], sparing: (Int, Int)) -> Int? {
        if let slot = pool.take() { return slot }
        let victims = leaves.indices.filter {
            $0 != sparing.0 && $0 != sparing.1 && leaves[$0].histogram != nil
        }
        guard
            let victim = victims.min(by: { (leaves[$0].split?.gain ?? 0) < (leaves[$1].split?.gain ?? 0) })
        else { return nil }
        defer { leaves[victim].histogram = nil }
        return leaves[victim].histogram
    }

    /// Whether a leaf's rows are worth sharing out.
    private func isShared(_ rows: Int) -> Bool { !privateCells.isEmpty && rows >= TreeGrower.sharedRows }

    /// Pieces of work that need no merging: groups where there are enough of them, else blocks.
    private var units: [Range<Int>] {
        binned.groups.count >= kernels.threads ? binned.groups : binned.blocks.indices.map { $0..<$0 + 1 }
    }

    /// Sets `cells` to the sums of a leaf's rows in all processes, or to their numbers without `packed`.
    private func addRows(of leaf: Leaf, to cells: UnsafeMutablePointer<UInt64>, _ packed: PackedGradients?) throws {
        let count = leaf.rows.count
        let shares = isShared(count) ? privateCells.count + 1 : 1
        let units = shares > 1 ? binned.groups : units
        nonisolated(unsafe) let targets = [cells] + privateCells
        nonisolated(unsafe) let rows = partition.pointer(leaf.rows)
        let (trees, binned) = (trees, binned)
        regional(count * binned.features.count).parallelFor(shares * units.count) { task in
            let (share, unit) = task.quotientAndRemainder(dividingBy: units.count)
            let first = share * count / shares
            binned.sumRows(
                (share + 1) * count / shares - first, rows.map { $0 + first }, first: first, blocks: units[unit],
                gradients: packed, to: targets[share], trees)
        }
        for share in 1..<max(1, shares) {
            binned.forUsedCells(0..<binned.features.count) { trees.add($1, targets[share] + $0, to: cells + $0) }
        }
        if communicator.size > 1 { try total(cells) }
    }

    /// Replaces the used cells by their sums over all processes: as words of 64 bits they add up like any integer.
    private func total(_ cells: UnsafeMutablePointer<UInt64>) throws {
        var words: [Int64] = []
        binned.forUsedCells(0..<binned.features.count) { first, count in
            words += UnsafeBufferPointer(start: cells + first, count: count).lazy.map { Int64(bitPattern: $0) }
        }
        try communicator.sum(&words)
        var place = 0
        binned.forUsedCells(0..<binned.features.count) { first, count in
            for cell in first..<first + count {
                cells[cell] = UInt64(bitPattern: words[place])
                place += 1
            }
        }
    }

    /// The smaller child's histogram from its rows, the larger one's as the difference, and the splits of both.
    private func buildPair(_ leaves: inout [Leaf], _ smaller: Int, _ larger: Int, _ gradients: GradientRows) throws {
        guard let part = leaves[smaller].histogram, let whole = leaves[larger].histogram else { return }
        let count = leaves[smaller].rows.count
        nonisolated(unsafe) let (partCells, wholeCells) = (pool.pointer(part), pool.pointer(whole))
        nonisolated(unsafe) let rows = partition.pointer(leaves[smaller].rows)
        let isAdded = isShared(count) || communicator.size > 1
        if isAdded { try addRows(of: leaves[smaller], to: partCells, gradients.packed) }
        let searches = [
            LeafSearch(leaves[smaller], partCells, nil, self, gradients),
            LeafSearch(leaves[larger], wholeCells, nil, self, gradients),
        ]
        let (trees, binned, units, packed) = (trees, binned, units, gradients.packed)
        let found = ResultSlots<[LeafSplit?]>(units.count)
        regional(count * binned.features.count).parallelFor(units.count) { index in
            let unit = units[index]
            if !isAdded {
                binned.sumRows(count, rows, first: 0, blocks: unit, gradients: packed, to: partCells, trees)
            }
            let columns = binned.columns(of: unit)
            binned.forUsedCells(columns) { trees.subtract($1, partCells + $0, from: wholeCells + $0) }
            found[index] = searches.map { $0.best(in: columns) }
        }
        for (position, leaf) in [smaller, larger].enumerated() {
            leaves[leaf].split = searches[position].finish(found.values.map { $0[position] })
            if leaves[leaf].split == nil, let slot = leaves[leaf].histogram {
                pool.give(slot)
                leaves[leaf].histogram = nil
            }
        }
    }

    /// The best split of each leaf over all columns.
    private func search(
        _ leaves: [Leaf], _ gradients: GradientRows, counts: UnsafePointer<UInt64>?, _ take: ([LeafSplit?]) -> Void
    ) {
        let searches = leaves.compactMap { leaf in
            leaf.histogram.map { LeafSearch(leaf, pool.pointer($0), counts, self, gradients) }
        }
        nonisolated(unsafe) let blocks = binned.blocks
        let found = ResultSlots<[LeafSplit?]>(blocks.count)
        regional(blocks.count * TreeGrower.serialUpdates / 4).parallelFor(blocks.count) { index in
            found[index] = searches.map { $0.best(in: blocks[index].columns) }
        }
        take(searches.indices.map { position in searches[position].finish(found.values.map { $0[position] }) })
    }

    /// Searches again with the leaf's rows counted bin by bin, after an estimate let too small a side pass.
    func searchExactly(_ leaf: inout Leaf, _ gradients: GradientRows) throws {
        let isKnown = leaf.isExact
        leaf.isExact = true
        leaf.split = nil
        guard !isKnown else { return }
        let counts = UnsafeMutablePointer<UInt64>.allocate(capacity: pool.cells)
        defer { counts.deallocate() }
        try addRows(of: leaf, to: counts, nil)
        var rebuilt: UnsafeMutablePointer<UInt64>?
        defer { rebuilt?.deallocate() }
        let cells: UnsafeMutablePointer<UInt64>
        if let slot = leaf.histogram {
            cells = pool.pointer(slot)
        } else {
            cells = .allocate(capacity: pool.cells)
            rebuilt = cells
            try addRows(of: leaf, to: cells, gradients.packed)
        }
        let search = LeafSearch(leaf, cells, UnsafePointer(counts), self, gradients)
        leaf.split = search.finish(binned.blocks.map { search.best(in: $0.columns) })
    }

    /// All threads for work that is worth it.
    private func regional(_ updates: Int) -> Kernels {
        updates < TreeGrower.serialUpdates ? Kernels(backend: kernels.backend, threads: 1) : kernels
    }
}
