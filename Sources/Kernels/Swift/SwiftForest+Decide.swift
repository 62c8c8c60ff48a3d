extension SwiftForest {
    static func decide(
        _ values: UnsafePointer<Double>, _ forest: ForestDecisions, _ sums: UnsafeMutablePointer<Double>
    ) {
        withUnsafeTemporaryAllocation(of: Int16.self, capacity: DecisionLayout.places + 1) { ranks in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: forest.pairs.count) { sets in
                ranks.initialize(repeating: 0)
                sets.initialize(repeating: 0)
                for number in forest.numbers { rank(number, values, forest.bounds + Int(number.bounds), ranks) }
                for category in forest.categories { look(category, values, forest, sets) }
                decide(forest, ranks, sets, sums)
            }
        }
    }

    private static func rank(
        _ number: DecisionNumber, _ values: UnsafePointer<Double>, _ bounds: UnsafePointer<Double>,
        _ ranks: UnsafeMutableBufferPointer<Int16>
    ) {
        let value = values[Int(number.input)]
        let stride = DecisionLayout.stride
        func below(_ bounds: UnsafePointer<Double>) -> Int {
            (0..<stride).reduce(0) { $0 + (bounds[$1] < value ? 1 : 0) }
        }
        let block = below(bounds)
        let rank = Int16((stride * block + below(bounds + stride * (block + 1))) * DecisionLayout.chunk)
        ranks[Int(number.right)] = value.isNaN ? .max : rank
        ranks[Int(number.left)] = value.isNaN ? -1 : rank
    }

    private static func look(
        _ category: DecisionChoice, _ values: UnsafePointer<Double>, _ forest: ForestDecisions,
        _ sets: UnsafeMutableBufferPointer<UInt32>
    ) {
        let value = values[Int(category.input)]
        let isKnown = value >= 0 && value < Double(category.known)
        let row = isKnown ? Int(forest.indices[Int(category.first) + Int(value)]) : Int(category.missing)
        let bits = forest.sets + Int(category.sets) + forest.pairs.count * row
        for pair in sets.indices { sets[pair] |= bits[pair] }
    }

    private static func decide(
        _ forest: ForestDecisions, _ ranks: UnsafeMutableBufferPointer<Int16>,
        _ sets: UnsafeMutableBufferPointer<UInt32>, _ sums: UnsafeMutablePointer<Double>
    ) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: DecisionLayout.lanes) { alive in
            alive.initialize(repeating: .max)
            var (next, leafValues) = (0, forest.leafValues)
            for run in forest.runs {
                let ranks = UnsafeBufferPointer(rebasing: ranks[(DecisionLayout.chunk * Int(run.chunk))...])
                for pair in next..<next + Int(run.pairs) { strike(forest, pair, ranks, sets[pair], alive) }
                next += Int(run.pairs)
                guard run.trees > 0 else { continue }
                for tree in 0..<Int(run.trees) {
                    let leaf = leafValues + forest.width * alive[tree].leadingZeroBitCount
                    for output in 0..<forest.width { sums[Int(run.score) + output] += leaf[output] }
                    leafValues += forest.width * DecisionLayout.leaves
                }
                alive.update(repeating: .max)
            }
        }
    }

    /// Strikes out the leaves that a row which goes right at the nodes of a pair cannot reach.
    @inline(__always)
    private static func strike(
        _ forest: ForestDecisions, _ pair: Int, _ ranks: UnsafeBufferPointer<Int16>, _ set: UInt32,
        _ alive: UnsafeMutableBufferPointer<UInt32>
    ) {
        guard let pair = forest.pairs.baseAddress.map({ UnsafeRawPointer($0 + pair) }) else { return }
        // Single elements from where they lie: a vector's lane that is only known at run time goes through memory.
        let lanes = DecisionLayout.lanes
        let tests = pair.assumingMemoryBound(to: Int16.self)
        let keep = (pair + 4 * lanes).assumingMemoryBound(to: UInt32.self)
        let place = { (test: Int16) in Int(UInt16(bitPattern: test)) & (DecisionLayout.chunk - 1) }
        for lane in 0..<lanes {
            let (test, other) = (tests[lane], tests[lanes + lane])
            let isAbove: UInt32 = ranks[place(test)] > test ? 1 : 0
            let isOtherAbove: UInt32 = ranks[place(other)] > other ? 1 : 0
            let goesRight = isAbove | set &>> UInt32(lane) & 1
            let otherGoesRight = isOtherAbove | set &>> UInt32(lanes + lane) & 1
            alive[lane] &= (keep[lane] | (goesRight &- 1)) & (keep[lanes + lane] | (otherGoesRight &- 1))
        }
    }
}
