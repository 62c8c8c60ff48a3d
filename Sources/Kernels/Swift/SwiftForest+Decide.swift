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
        let lanes = DecisionLayout.lanes
        var alive = SIMD16<UInt32>(repeating: .max)
        var (next, leafValues) = (0, forest.leafValues)
        for run in forest.runs {
            let first = DecisionLayout.chunk * Int(run.chunk)
            for index in next..<next + Int(run.pairs) {
                let (pair, set) = (forest.pairs[index], sets[index])
                for lane in 0..<lanes {
                    let (test, other) = (pair.tests[lane], pair.tests[lanes + lane])
                    if ranks[first + Int(test) % DecisionLayout.chunk] > test || set >> UInt32(lane) & 1 == 1 {
                        alive[lane] &= pair.keepFirst[lane]
                    }
                    if ranks[first + Int(other) % DecisionLayout.chunk] > other || set >> UInt32(lanes + lane) & 1 == 1
                    {
                        alive[lane] &= pair.keepSecond[lane]
                    }
                }
            }
            next += Int(run.pairs)
            guard run.trees > 0 else { continue }
            for tree in 0..<Int(run.trees) {
                let leaf = leafValues + forest.width * alive[tree].leadingZeroBitCount
                for output in 0..<forest.width { sums[Int(run.score) + output] += leaf[output] }
                leafValues += forest.width * DecisionLayout.leaves
            }
            alive = SIMD16(repeating: .max)
        }
    }
}
