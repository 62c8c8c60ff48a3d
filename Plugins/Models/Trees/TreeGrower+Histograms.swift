import ApusKernels

/// Histograms and the search for splits.
extension TreeGrower {
    /// Below this many updates a parallel region costs more than it saves.
    private static let serialUpdates = 8192
    /// Below this many rows sharing out rows costs more than adding up the shares.
    private static let sharedRows = 4096

    /// The root's histogram and split.
    func buildRoot(_ leaf: inout Leaf, _ gradients: GradientRows) {
        guard canSplit(leaf.rows), !binned.blocks.isEmpty, let slot = pool.take() else { return }
        leaf.histogram = slot
        build(leaf, into: slot, gradients.packed)
        search([leaf], gradients, counts: nil) { leaf.split = $0[0] }
    }

    /// Histograms and splits of two new leaves; the left one holds its parent's histogram, if there was one.
    func buildChildren(_ leaves: inout [Leaf], _ left: Int, _ right: Int, _ gradients: GradientRows) {
        let inherited = leaves[left].histogram
        leaves[left].histogram = nil
        guard canSplit(leaves[left].rows) || canSplit(leaves[right].rows) else {
            if let inherited { pool.give(inherited) }
            return
        }
        let smaller = leaves[left].rows.count <= leaves[right].rows.count ? left : right
        let larger = smaller == left ? right : left
        if let inherited {
            leaves[larger].histogram = inherited
            guard let slot = takeSlot(&leaves, sparing: (left, right)) else { return }
            leaves[smaller].histogram = slot
            buildPair(&leaves, smaller, larger, gradients)
            return
        }
        for leaf in [left, right] where canSplit(leaves[leaf].rows) {
            guard let slot = takeSlot(&leaves, sparing: (left, right)) else { return }
            leaves[leaf].histogram = slot
            build(leaves[leaf], into: slot, gradients.packed)
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

    /// The histogram of one leaf.
    private func build(_ leaf: Leaf, into slot: Int, _ packed: UnsafePointer<UInt32>?) {
        addRows(of: leaf, to: pool.pointer(slot), packed)
    }

    /// Zeroes `cells` and adds the rows of a leaf, by blocks of columns, and by shares of rows where blocks are few.
    private func addRows(of leaf: Leaf, to cells: UnsafeMutablePointer<UInt64>, _ packed: UnsafePointer<UInt32>?) {
        let blocks = binned.blocks
        let shares = leaf.rows.count >= TreeGrower.sharedRows ? privateCells.count + 1 : 1
        nonisolated(unsafe) let targets = [cells] + privateCells
        nonisolated(unsafe) let rows = partition.pointer(leaf.rows)
        nonisolated(unsafe) let packed = packed
        nonisolated(unsafe) let sources = blocks
        let (trees, binned) = (trees, binned)
        let count = leaf.rows.count
        let updates = count * binned.features.count
        regional(updates).parallelFor(shares * blocks.count) { task in
            let share = task / sources.count
            let block = sources[task % sources.count]
            let target = targets[share] + block.columns.lowerBound * TreeLayout.stride
            binned.clear(targets[share], block.columns)
            let first = share * count / shares
            trees.histogram(
                (share + 1) * count / shares - first, columns: block.columns.count, rows: rows.map { $0 + first },
                first: first, packed: block.packed, gradients: packed, cells: target)
        }
        for share in 1..<max(1, shares) {
            binned.forUsedCells(0..<binned.features.count) { trees.add($1, targets[share] + $0, to: cells + $0) }
        }
    }

    /// The smaller child's histogram from its rows, the larger one's as the difference, and the splits of both.
    private func buildPair(_ leaves: inout [Leaf], _ smaller: Int, _ larger: Int, _ gradients: GradientRows) {
        guard let part = leaves[smaller].histogram, let whole = leaves[larger].histogram else { return }
        let count = leaves[smaller].rows.count
        let (partCells, wholeCells) = (pool.pointer(part), pool.pointer(whole))
        if !privateCells.isEmpty && count >= TreeGrower.sharedRows {
            addRows(of: leaves[smaller], to: partCells, gradients.packed)
            binned.forUsedCells(0..<binned.features.count) { [trees] in
                trees.subtract($1, partCells + $0, from: wholeCells + $0)
            }
            search([leaves[smaller], leaves[larger]], gradients, counts: nil) {
                leaves[smaller].split = $0[0]
                leaves[larger].split = $0[1]
            }
        } else {
            nonisolated(unsafe) let (part, whole) = (partCells, wholeCells)
            nonisolated(unsafe) let rows = partition.pointer(leaves[smaller].rows)
            nonisolated(unsafe) let packed = gradients.packed
            nonisolated(unsafe) let blocks = binned.blocks
            let searches = [
                LeafSearch(leaves[smaller], partCells, nil, self, gradients),
                LeafSearch(leaves[larger], wholeCells, nil, self, gradients),
            ]
            let found = ResultSlots<[LeafSplit?]>(blocks.count)
            let (trees, binned) = (trees, binned)
            regional(count * binned.features.count).parallelFor(blocks.count) { index in
                let block = blocks[index]
                let start = block.columns.lowerBound * TreeLayout.stride
                binned.clear(part, block.columns)
                trees.histogram(
                    count, columns: block.columns.count, rows: rows, first: 0, packed: block.packed, gradients: packed,
                    cells: part + start)
                binned.forUsedCells(block.columns) { trees.subtract($1, part + $0, from: whole + $0) }
                found[index] = searches.map { $0.best(in: block.columns) }
            }
            for (position, leaf) in [smaller, larger].enumerated() {
                leaves[leaf].split = searches[position].finish(found.values.map { $0[position] })
            }
        }
        for leaf in [smaller, larger] where leaves[leaf].split == nil {
            if let slot = leaves[leaf].histogram { pool.give(slot) }
            leaves[leaf].histogram = nil
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
    func searchExactly(_ leaf: inout Leaf, _ gradients: GradientRows) {
        let isKnown = leaf.isExact
        leaf.isExact = true
        leaf.split = nil
        guard !isKnown else { return }
        let counts = UnsafeMutablePointer<UInt64>.allocate(capacity: pool.cells)
        defer { counts.deallocate() }
        addRows(of: leaf, to: counts, nil)
        var rebuilt: UnsafeMutablePointer<UInt64>?
        defer { rebuilt?.deallocate() }
        let cells: UnsafeMutablePointer<UInt64>
        if let slot = leaf.histogram {
            cells = pool.pointer(slot)
        } else {
            cells = .allocate(capacity: pool.cells)
            rebuilt = cells
            addRows(of: leaf, to: cells, gradients.packed)
        }
        let search = LeafSearch(leaf, cells, UnsafePointer(counts), self, gradients)
        leaf.split = search.finish(binned.blocks.map { search.best(in: $0.columns) })
    }

    /// All threads for work that is worth it.
    private func regional(_ updates: Int) -> Kernels {
        updates < TreeGrower.serialUpdates ? Kernels(backend: kernels.backend, threads: 1) : kernels
    }
}
