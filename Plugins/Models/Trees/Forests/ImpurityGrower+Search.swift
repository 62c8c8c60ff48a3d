import ApusKernels

/// The search for the best split of a node.
extension ImpurityGrower {
    /// Categories of fewer rows in a node are too rare to be ordered, where there are more than four.
    private static let (fewCategories, rareCategory) = (4, 10)

    /// Tries columns, drawn at random where not all are wanted: as many as are wanted, and more only until one of them is
    /// not constant in the node. As in scikit-learn, constant ones count: else trees would hardly differ where most
    /// columns are constant.
    func search(
        _ count: Int, _ rows: UnsafePointer<UInt32>, _ records: UnsafePointer<UInt8>?,
        _ total: UnsafePointer<Int64>, _ constants: inout ColumnSet
    ) -> ImpuritySplit? {
        var best = ImpuritySplit()
        let all = columns.count
        var tried = 0
        var position = 0
        while position < all, position < wanted || tried == 0 {
            if wanted < all {
                let drawn = position + random.below(all - position)
                (columns.pointer[position], columns.pointer[drawn]) = (
                    columns.pointer[drawn], columns.pointer[position]
                )
            }
            let column = Int(columns.pointer[position])
            position += 1
            if constants.contains(column) { continue }
            let isCategory = bins.table.bins[column].isCategory
            let counts = isCategory || settings.growth.minSamplesLeaf > 1 ? counts.pointer : nil
            let found = kernels.addToCells(
                count, rule: rule, rows: rows, column: records.map { $0 + column } ?? bins.table.column(column),
                stride: records == nil ? 1 : bins.stride, values: gathered.pointer, cells: cells.pointer,
                counts: counts, present: present.pointer)
            if found > 1 {
                tried += 1
                var scan = ColumnScan(column: column, bins: found, rows: count, total: total, counts: counts)
                if isCategory { searchCategories(&scan, &best) } else { searchNumber(&scan, &best) }
            } else {
                constants.insert(column, of: all)
            }
            clear(found, counts)
        }
        guard best.column >= 0 else { return nil }
        best.leftSums = Array(UnsafeBufferPointer(start: bestLeft.pointer, count: rule.width))
        return best
    }

    /// A column's histogram in one node.
    private struct ColumnScan {
        let column: Int
        /// Bins that occur.
        let bins: Int
        let rows: Int
        let total: UnsafePointer<Int64>
        let counts: UnsafePointer<UInt32>?
        /// The bins that occur, once they are needed as a set.
        var seen: BinSet?
    }

    private func clear(_ bins: Int, _ counts: UnsafeMutablePointer<UInt32>?) {
        let width = rule.width
        for place in 0..<bins {
            let bin = Int(present.pointer[place])
            (cells.pointer + width * bin).update(repeating: 0, count: width)
            counts?[bin] = 0
        }
    }

    /// The best prefix of an order of bins that beats `best`, whose score it becomes; 0 if there is none.
    private func scan(
        _ column: ColumnScan, _ prefixes: ClosedRange<Int>, _ order: UnsafePointer<UInt8>, missingLeft: Bool,
        _ best: inout ImpuritySplit
    ) -> Int {
        var rule = rule
        rule.rows = column.rows
        return kernels.scanImpurity(
            rule, prefixes: prefixes, order: order, total: column.total,
            start: missingLeft ? UnsafePointer(cells.pointer + rule.width * TreeLayout.missing) : nil,
            startRows: missingLeft ? Int(column.counts?[TreeLayout.missing] ?? 0) : 0, cells: cells.pointer,
            counts: column.counts, scratch: scratch.pointer, best: &best.gain, bestLeft: bestLeft.pointer)
    }

    /// Whether most of the node's weight goes left in the best split: there go values that the node has not seen.
    private func leftIsHeavier(_ total: UnsafePointer<Int64>) -> Bool {
        2 * target.weight(bestLeft.pointer) > target.weight(total)
    }

    // MARK: Numbers

    private func searchNumber(_ column: inout ColumnScan, _ best: inout ImpuritySplit) {
        let present = present.pointer
        let hasMissing = Int(present[column.bins - 1]) == TreeLayout.missing
        let values = column.bins - (hasMissing ? 1 : 0)
        if settings.drawsThresholds, values > 1 {
            let cut = drawCut(column.column, from: Int(present[0]), to: Int(present[values - 1]))
            let prefix = (0..<values).reduce(0) { $0 + (Int(present[$1]) <= cut ? 1 : 0) }
            let missingLeft = hasMissing && random.below(2) == 1
            if scan(column, prefix...prefix, present, missingLeft: missingLeft, &best) > 0 {
                keep(column, bin: cut, missingLeft: missingLeft, hasMissing, &best)
            }
            return
        }
        let last = hasMissing ? values : values - 1
        let prefix = scan(column, 1...last, present, missingLeft: false, &best)
        if prefix > 0 { keep(column, bin: cut(column, prefix, values), missingLeft: false, hasMissing, &best) }
        if hasMissing, values > 1 {
            let prefix = scan(column, 1...values - 1, present, missingLeft: true, &best)
            if prefix > 0 { keep(column, bin: cut(column, prefix, values), missingLeft: true, true, &best) }
        }
    }

    /// The last bin on the left of a threshold between the values of two bins, all values equally likely.
    private func drawCut(_ column: Int, from low: Int, to high: Int) -> Int {
        let middles = bins.table.bins[column].middles
        let share = random.unit()
        let threshold = middles[low] * (1 - share) + middles[high] * share
        var (cut, above) = (low, high)
        while above - cut > 1 {
            let middle = (cut + above) / 2
            if middles[middle] <= threshold { cut = middle } else { above = middle }
        }
        return cut
    }

    /// The last bin on the left, half-way to the next one that occurs; where all values go left, the last of all.
    private func cut(_ column: ColumnScan, _ prefix: Int, _ values: Int) -> Int {
        guard prefix < values else { return bins.table.bins[column.column].count - 1 }
        return (Int(present.pointer[prefix - 1]) + Int(present.pointer[prefix]) - 1) / 2
    }

    private func keep(
        _ column: ColumnScan, bin: Int, missingLeft: Bool, _ hasMissing: Bool, _ best: inout ImpuritySplit
    ) {
        best.column = column.column
        best.bin = bin
        best.left = BinSet(upTo: bin)
        if hasMissing ? missingLeft : leftIsHeavier(column.total) { best.left.insert(TreeLayout.missing) }
    }

    // MARK: Categories

    /// Orders the categories by the share of each class, or by each output's mean, and tries to cut every order; for one
    /// output and two classes that finds the best of all subsets (Breiman et al., 1984). Missing is one of them. Rare
    /// categories stay right of either end.
    private func searchCategories(_ column: inout ColumnScan, _ best: inout ImpuritySplit) {
        guard let counts = column.counts else { return }
        let frequent = (0..<column.bins).map { present.pointer[$0] }.filter {
            column.bins <= Self.fewCategories || counts[Int($0)] >= Self.rareCategory
        }
        let haveRare = frequent.count < column.bins
        let last = haveRare ? frequent.count : frequent.count - 1
        guard last > 0 else { return }
        if settings.drawsThresholds {
            var shuffled = frequent
            for place in stride(from: shuffled.count - 1, to: 0, by: -1) {
                shuffled.swapAt(place, random.below(place + 1))
            }
            let prefix = 1 + random.below(last)
            cutCategories(&column, shuffled, prefix...prefix, &best)
            return
        }
        let width = rule.width
        for output in rule.isClasses && rule.outputs == 2 ? 1..<2 : 0..<rule.outputs {
            let ordered = frequent.map { bin -> (share: Double, bin: UInt8) in
                let cell = cells.pointer + width * Int(bin)
                return (Double(cell[output]) / Double(target.weight(cell)), bin)
            }.sorted { ($0.share, $0.bin) < ($1.share, $1.bin) }.map(\.bin)
            cutCategories(&column, ordered, 1...last, &best)
            if haveRare { cutCategories(&column, ordered.reversed(), 1...last, &best) }
        }
    }

    private func cutCategories(
        _ column: inout ColumnScan, _ bins: [UInt8], _ prefixes: ClosedRange<Int>, _ best: inout ImpuritySplit
    ) {
        for (place, bin) in bins.enumerated() { order.pointer[place] = bin }
        let prefix = scan(column, prefixes, order.pointer, missingLeft: false, &best)
        guard prefix > 0 else { return }
        var left = BinSet()
        for bin in bins.prefix(prefix) { left.insert(Int(bin)) }
        if leftIsHeavier(column.total) {
            let seen = column.seen ?? (0..<column.bins).reduce(into: BinSet()) { $0.insert(Int(present.pointer[$1])) }
            column.seen = seen
            left |= ~seen
        }
        best.column = column.column
        best.bin = 0
        best.left = left
    }
}
