import ApusKernels
import Synchronization

/// Histograms and the search for splits.
extension TreeGrower {
    /// Below this many updates and looked-at cells a parallel region costs more than it saves.
    private static let serialUpdates = 8192
    /// Below this many rows sharing out rows costs more than adding up the shares.
    private static let sharedRows = 8192

    /// The root with its histogram and split.
    func root(_ rows: RowPartition.Rows, _ count: Int, _ gradients: SearchGradients, isSample: Bool) throws -> Leaf {
        func leaf(_ totals: (gradient: Int64, hessian: Int64)) -> Leaf {
            Leaf(
                node: 0, depth: 0, rows: rows, count: count, gradient: totals.gradient, hessian: totals.hessian,
                lambda: limits.lambda, bounds: ValueBounds(), interactions: Array(limits.interactions.indices))
        }
        var root = leaf(gradients.totals)
        guard canSplit(root), !binned.features.isEmpty, let slot = pool.take() else { return root }
        try addRows(of: root, to: pool.pointer(slot), gradients.packed)
        if isSample { root = leaf(binned.totals(of: pool.pointer(slot))) }
        root.histogram = slot
        root.split = search(root, pool.pointer(slot), gradients)
        return root
    }

    /// Histograms and splits of two new leaves; the left one holds its parent's histogram, if there was one.
    func buildChildren(_ leaves: inout [Leaf], _ left: Int, _ right: Int, _ gradients: SearchGradients) throws {
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
            leaves[leaf].split = search(leaves[leaf], pool.pointer(slot), gradients)
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

    /// Pieces of work that need no merging.
    private var units: [[BinnedRecords.Block]] { kernels.threads > 1 ? records.units : records.groups }

    private var records: BinnedRecords { searched.records }
    private var binned: BinnedTable { searched.records.table }

    /// Sets `cells` to the sums of a leaf's rows in all processes, or to their numbers without `packed`.
    private func addRows(of leaf: Leaf, to cells: UnsafeMutablePointer<UInt64>, _ packed: PackedGradients?) throws {
        if isShared(leaf.rows.count) {
            shareRows(of: leaf, to: cells, packed)
        } else {
            nonisolated(unsafe) let (units, rows, cells) = (units, partition.pointer(leaf.rows), cells)
            let (trees, records, count) = (trees, records, leaf.rows.count)
            regional(count * binned.features.count).parallelFor(units.count) {
                records.sumRows(count, rows, blocks: units[$0], gradients: packed, to: cells, trees)
            }
        }
        if communicator.size > 1 { try total(cells) }
    }

    /// The same for the rows of this process, each thread with cells of its own. Whoever is done takes the next rows: one
    /// processor may be slower than another.
    private func shareRows(of leaf: Leaf, to cells: UnsafeMutablePointer<UInt64>, _ packed: PackedGradients?) {
        nonisolated(unsafe) let targets = [cells] + privateCells.map(\.pointer)
        nonisolated(unsafe) let (groups, rows) = (records.groups, partition.pointer(leaf.rows))
        let (trees, records, count, piece) = (trees, records, leaf.rows.count, TreeGrower.sharedRows / 4)
        let next = Atomic(0)
        kernels.parallelFor(targets.count) { share in
            for group in groups { records.clear(group, targets[share]) }
            while case let first = next.add(piece, ordering: .relaxed).oldValue, first < count {
                for group in groups {
                    records.addRows(
                        min(piece, count - first), rows.map { $0 + first }, first: first, blocks: group,
                        gradients: packed, to: targets[share], trees)
                }
            }
        }
        for share in targets.dropFirst() {
            binned.forUsedCells(0..<binned.features.count) { trees.add($1, share + $0, to: cells + $0) }
        }
        for group in groups { records.finish(group, cells) }
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
    private func buildPair(_ leaves: inout [Leaf], _ smaller: Int, _ larger: Int, _ gradients: SearchGradients) throws {
        guard let part = leaves[smaller].histogram, let whole = leaves[larger].histogram else { return }
        let count = leaves[smaller].rows.count
        nonisolated(unsafe) let (partCells, wholeCells) = (pool.pointer(part), pool.pointer(whole))
        nonisolated(unsafe) let rows = partition.pointer(leaves[smaller].rows)
        let isAdded = isShared(count) || communicator.size > 1
        if isAdded { try addRows(of: leaves[smaller], to: partCells, gradients.packed) }
        let search = LeafSearch(leaves[smaller], partCells, nil, self, gradients)
        let otherSearch = LeafSearch(leaves[larger], wholeCells, nil, self, gradients)
        nonisolated(unsafe) let units = units
        let (trees, binned, records, packed) = (trees, binned, records, gradients.packed)
        let found = ResultSlots<(LeafSearch.Best, LeafSearch.Best)>(units.count)
        regional(count * binned.features.count + 2 * binned.cellCount).parallelFor(units.count) { index in
            let unit = units[index]
            if !isAdded {
                records.sumRows(count, rows, blocks: unit, gradients: packed, to: partCells, trees)
            }
            var (best, otherBest) = (search.start, otherSearch.start)
            for column in records.columns(of: unit) {
                binned.settle(column, partCells, from: wholeCells, trees)
                search.improve(&best, at: column)
                otherSearch.improve(&otherBest, at: column)
            }
            found[index] = (best, otherBest)
        }
        leaves[smaller].split = search.finish(found.values.map(\.0))
        leaves[larger].split = otherSearch.finish(found.values.map(\.1))
        for leaf in [smaller, larger] {
            if leaves[leaf].split == nil, let slot = leaves[leaf].histogram {
                pool.give(slot)
                leaves[leaf].histogram = nil
            }
        }
    }

    /// The best split of a leaf over all columns, whose cells, and exact counts of rows if there are any, are made ready.
    private func search(
        _ leaf: Leaf, _ cells: UnsafeMutablePointer<UInt64>, isReady: Bool = false,
        counts: UnsafeMutablePointer<UInt64>? = nil, _ gradients: SearchGradients
    ) -> LeafSplit? {
        let search = LeafSearch(leaf, cells, counts, self, gradients)
        nonisolated(unsafe) let (cells, counts) = (cells, counts)
        let (trees, binned, parts) = (trees, binned, units.map(records.columns))
        let found = ResultSlots<LeafSearch.Best>(parts.count)
        regional(binned.cellCount).parallelFor(parts.count) { index in
            var best = search.start
            for column in parts[index] {
                if !isReady { binned.settle(column, cells, trees) }
                if let counts { binned.settle(column, counts, trees) }
                search.improve(&best, at: column)
            }
            found[index] = best
        }
        return search.finish(found.values)
    }

    /// Searches again with the leaf's rows counted bin by bin, after an estimate let too small a side pass.
    func searchExactly(_ leaf: inout Leaf, _ gradients: SearchGradients) throws {
        let isKnown = leaf.isExact
        leaf.isExact = true
        leaf.split = nil
        guard !isKnown else { return }
        let counts = UnsafeMutablePointer<UInt64>.allocate(capacity: pool.cells)
        defer { counts.deallocate() }
        try addRows(of: leaf, to: counts, nil)
        if let slot = leaf.histogram {
            leaf.split = search(leaf, pool.pointer(slot), isReady: true, counts: counts, gradients)
        } else {
            let cells = UnsafeMutablePointer<UInt64>.allocate(capacity: pool.cells)
            defer { cells.deallocate() }
            try addRows(of: leaf, to: cells, gradients.packed)
            leaf.split = search(leaf, cells, counts: counts, gradients)
        }
    }

    /// All threads for work that is worth it.
    private func regional(_ updates: Int) -> Kernels {
        updates < TreeGrower.serialUpdates ? Kernels(backend: kernels.backend, threads: 1) : kernels
    }
}
