import ApusCore
import ApusKernels
import Testing

/// Every variant of the kernel that decides all nodes of a row at once against its definition, bit for bit.
@Suite struct DecisionKernelTests {
    private let random = CounterRandom(seed: 21, purpose: "decisions")

    /// A node as it is defined, beside its place in the layout.
    private struct Node {
        var tree: Int
        var input: Int
        var threshold: Double?
        var missingRight = false
        var rightCodes: Set<Int?> = []
        var keep: UInt32
    }

    /// Groups of trees of random nodes: inputs below `numbers` are compared, the two behind them are categories of 40 and
    /// 3 known codes.
    private struct Layout {
        static let known = [40, 3]
        var numbers: [DecisionNumber] = []
        var bounds: [Double] = []
        var thresholds: [[Double]] = []
        var categories: [DecisionChoice] = []
        var indices: [UInt16] = []
        var sets: [UInt32] = []
        var runs: [DecisionRun] = []
        var pairs: [DecisionPair] = []
        var nodes: [Node] = []
        var groups: [Int] = []

        init(
            groups: [Int], numbers count: Int, thresholds most: Int, categories hasCategories: Bool,
            _ random: CounterRandom
        ) {
            self.groups = groups
            for input in 0..<count {
                let distinct = input == 0 ? most : random.below(most + 1, input)
                let ascending = (0..<distinct).map { Double($0 - distinct / 2) * 0.25 }
                let padded = ascending + [Double](repeating: .infinity, count: (distinct / 16 + 1) * 16 - distinct)
                numbers.append(
                    DecisionNumber(input: input, bounds: bounds.count, right: 2 * input, left: 2 * input + 1))
                bounds += (0..<16).map { 16 * $0 + 15 < padded.count ? padded[16 * $0 + 15] : .infinity } + padded
                thresholds.append(ascending)
            }
            var decided: [(pair: Int, bit: Int, node: Node)] = []
            var tree = 0
            for (group, trees) in groups.enumerated() {
                let chunks = (2 * count + 63) / 64
                for chunk in 0..<max(1, chunks) {
                    let pairsOfRun = random.below(5, 100 * group + chunk)
                    let isLast = chunk + 1 >= chunks
                    runs.append(
                        DecisionRun(pairs: pairsOfRun, chunk: chunk, trees: isLast ? trees : 0, score: group % 2))
                    for pair in 0..<pairsOfRun {
                        pairs.append(DecisionPair())
                        for bit in 0..<32 where bit % 16 < trees && random.below(5, pairs.count * 64 + bit) > 0 {
                            let key = (pairs.count * 64 + bit) * 8 + 7_000_000
                            // The last leaf is always there, as one is in a tree.
                            var node = Node(
                                tree: tree + bit % 16, input: 0, keep: UInt32(truncatingIfNeeded: random[key]) | 1)
                            var test = DecisionLayout.never
                            if hasCategories && random.below(4, key + 1) == 0 {
                                let category = random.below(2, key + 2)
                                node.input = count + category
                                for code in 0..<Self.known[category] where random.below(2, key + 100 + code) == 0 {
                                    node.rightCodes.insert(code)
                                }
                                if random.below(2, key + 99) == 0 { node.rightCodes.insert(nil) }
                                decided.append((pairs.count - 1, bit, node))
                            } else {
                                let place = min(2 * count - 1, 64 * chunk + random.below(64, key + 3))
                                node.input = place / 2
                                node.missingRight = place % 2 == 0
                                guard !thresholds[node.input].isEmpty else { continue }
                                let number = random.below(thresholds[node.input].count, key + 4)
                                node.threshold = thresholds[node.input][number]
                                test = Int16(64 * number + place % 64)
                            }
                            pairs[pairs.count - 1].set(bit, test: test, keep: node.keep)
                            nodes.append(node)
                        }
                        _ = pair
                    }
                }
                tree += trees
            }
            guard hasCategories else { return }
            for (category, known) in Self.known.enumerated() {
                // Codes stand in another order than their rows.
                categories.append(
                    DecisionChoice(
                        input: count + category, first: indices.count, known: known, missing: known, sets: sets.count))
                indices += (0..<known).map { UInt16(known - 1 - $0) }
                var words = [UInt32](repeating: 0, count: (known + 1) * pairs.count)
                for (pair, bit, node) in decided where node.input == count + category {
                    for code in node.rightCodes {
                        words[(code.map { known - 1 - $0 } ?? known) * pairs.count + pair] |= 1 << UInt32(bit)
                    }
                }
                sets += words
            }
        }

        /// The leaf that each tree's nodes leave, one after another.
        func leaves(_ row: [Double]) -> [Int] {
            var alive = [UInt32](repeating: .max, count: groups.reduce(0, +))
            for node in nodes {
                let value = row[node.input]
                let goesRight: Bool
                if let threshold = node.threshold {
                    goesRight = value.isNaN ? node.missingRight : value > threshold
                } else {
                    let isKnown = value >= 0 && value < Double(Self.known[node.input - numbers.count])
                    goesRight = node.rightCodes.contains(isKnown ? Int(value) : nil)
                }
                if goesRight { alive[node.tree] &= node.keep }
            }
            return alive.map(\.leadingZeroBitCount)
        }
    }

    private func row(_ index: Int, numbers: Int) -> [Double] {
        (0..<numbers + 2).map { input in
            let key = (index * 500 + input) * 2 + 90_000_000
            switch random.below(10, key) {
            case 0: return .nan
            case 1: return .infinity
            case 2: return -.infinity
            case 3: return -0.0
            default:
                let value = Double(random.below(600, key + 1) - 300) / 8
                return input < numbers ? value : value.rounded(.towardZero)
            }
        }
    }

    @Test(arguments: [
        (groups: [], numbers: 1, thresholds: 3), (groups: [1], numbers: 1, thresholds: 0),
        (groups: [16, 4], numbers: 3, thresholds: 15), (groups: [16], numbers: 28, thresholds: 255),
        (groups: [7, 16, 16], numbers: 128, thresholds: 64),
    ])
    func `deciding all nodes at once adds the leaf that they leave`(
        shape: (groups: [Int], numbers: Int, thresholds: Int)
    ) {
        for hasCategories in [false, true] {
            let layout = Layout(
                groups: shape.groups, numbers: shape.numbers, thresholds: shape.thresholds, categories: hasCategories,
                random)
            for width in [1, 3] {
                let trees = shape.groups.reduce(0, +)
                let values = (0..<trees * 32 * width + 1).map { random.unit($0 + 500) - 0.5 }
                let buffers = (
                    Buffer(layout.numbers), Buffer(layout.bounds + [0]), Buffer(layout.categories),
                    Buffer(layout.indices), Buffer(layout.sets), Buffer(layout.runs), Buffer(layout.pairs),
                    Buffer(values)
                )
                let forest = ForestDecisions(
                    numbers: UnsafeBufferPointer(start: buffers.0.unsafePointer, count: buffers.0.count),
                    bounds: buffers.1.unsafePointer,
                    categories: UnsafeBufferPointer(start: buffers.2.unsafePointer, count: buffers.2.count),
                    indices: buffers.3.unsafePointer, sets: buffers.4.unsafePointer,
                    runs: UnsafeBufferPointer(start: buffers.5.unsafePointer, count: buffers.5.count),
                    pairs: UnsafeBufferPointer(start: buffers.6.unsafePointer, count: buffers.6.count), width: width,
                    leafValues: buffers.7.unsafePointer)
                for index in 0..<60 {
                    let row = row(index, numbers: shape.numbers)
                    var expected = [Double](repeating: 0.25, count: width + 1)
                    for (tree, leaf) in layout.leaves(row).enumerated() {
                        var (group, first) = (0, 0)
                        while first + shape.groups[group] <= tree {
                            first += shape.groups[group]
                            group += 1
                        }
                        for output in 0..<width {
                            expected[group % 2 + output] += values[width * (32 * tree + leaf) + output]
                        }
                    }
                    for kernels in TreeKernelTests.variants {
                        var sums = [Double](repeating: 0.25, count: width + 1)
                        kernels.decide(row, forest: forest, sums: &sums)
                        #expect(sums == expected)
                    }
                }
                withExtendedLifetime(buffers) {}
            }
        }
    }
}
