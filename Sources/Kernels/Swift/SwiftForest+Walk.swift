extension SwiftForest {
    static func walk(
        _ count: Int, _ rowStride: Int, _ values: UnsafePointer<Double>, _ forest: ForestWalk,
        _ expanded: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<count { expand(values + rowStride * row, forest, expanded + forest.places * row) }
        let groups = forest.width == 1 ? forest.scores : 1
        let perGroup = forest.trees / max(1, groups)
        for tree in 0..<perGroup * groups {
            for row in 0..<count {
                let leaf = leaf(forest, Int(forest.roots[tree]), expanded + forest.places * row)
                let sums = sums + forest.scores * row + tree / perGroup
                for output in 0..<forest.width { sums[output] += forest.leafValues[forest.width * leaf + output] }
            }
        }
    }

    private static func leaf(_ forest: ForestWalk, _ root: Int, _ row: UnsafePointer<Double>) -> Int {
        var position = root
        while true {
            let step = forest.steps[position]
            let next = Int(step.child) + (row[Int(step.place)] <= step.threshold ? 0 : 1)
            if next == position { return position }
            position = next
        }
    }

    private static func expand(
        _ values: UnsafePointer<Double>, _ forest: ForestWalk, _ row: UnsafeMutablePointer<Double>
    ) {
        row[0] = 0
        for number in 0..<forest.inputCount {
            let value = values[Int(forest.inputs[number])]
            row[2 * number + 1] = value
            row[2 * number + 2] = value.isNaN ? -.infinity : value
        }
        for category in UnsafeBufferPointer(start: forest.categories, count: forest.categoryCount) {
            let value = values[Int(category.input)]
            let isKnown = value >= 0 && value < Double(category.known)
            let index = isKnown ? Int(forest.indices[Int(category.first) + Int(value)]) : ForestLayout.indices - 1
            for group in 0..<Int(category.groups) {
                let bits = forest.tables[Int(category.table) + ForestLayout.indices * group + index]
                for bit in 0..<8 { row[Int(category.place) + 8 * group + bit] = Double(bits >> UInt8(bit) & 1) }
            }
        }
    }
}
