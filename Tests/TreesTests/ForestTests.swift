import ApusCore
import ApusKernels
import ApusTrees
import Testing

/// Forests of random trees on hostile values: every way of predicting gives what walking node by node gives.
@Suite struct ForestTests {
    private static let inputs = 6
    private static let categories: [[UInt8]?] = [
        nil, nil, nil, nil, (0..<40).map { UInt8($0 * 7 % 256) } + [255], [0, 1, 255, 2],
    ]
    private let random: CounterRandom

    init() { random = CounterRandom(seed: 3, purpose: "forests") }

    private func number(_ key: Int, values: Int) -> Double {
        switch random.below(12, key) {
        case 0: -0.0
        case 1: 0
        case 2: .infinity
        case 3: -.infinity
        case 4: .leastNonzeroMagnitude
        default: Double(random.below(values, key + 1) - values / 2) / 8
        }
    }

    /// A tree that is split at random leaves.
    private func tree(leaves: Int, key: Int, values: Int) -> Tree {
        var tree = Tree(nodes: [Tree.Node(value: random.unit(key) - 0.5)])
        var open = [0]
        for split in 1..<max(1, leaves) {
            let key = (key * 1000 + split) * 16
            let place = random.below(open.count, key)
            let position = open[place]
            let child = tree.nodes.count
            var node = Tree.Node()
            node.column = random.below(Self.inputs, key + 1)
            node.missingLeft = random.unit(key + 2) < 0.5
            node.child = child
            if Self.categories[node.column] != nil {
                node.set = BinSet(random[key + 3], random[key + 4], random[key + 5], random[key + 6])
            } else {
                node.threshold = number(key + 7, values: values)
            }
            tree.nodes[position] = node
            tree.nodes += (0...1).map { Tree.Node(value: random.unit(key + 9 + $0) - 0.5) }
            open[place] = child
            open.append(child + 1)
        }
        return tree
    }

    /// Rows of every kind of column that a number or a category can come in.
    private func table(_ rows: Int, seed: Int, values: Int) throws -> Table {
        func key(_ row: Int, _ column: Int) -> Int { ((seed * 5000 + row) * 8 + column) * 4 }
        func isMissing(_ row: Int, _ column: Int) -> Bool { random.unit(key(row, column) + 3) < 0.2 }
        func column<Value>(_ column: Int, _ value: (Int) -> Value) -> [Value?] {
            (0..<rows).map { isMissing($0, column) ? nil : value(key($0, column)) }
        }
        let labels = (0..<41).map { "label\($0)" }
        let floats = column(1) { Float(number($0, values: values)) }
        return try Table([
            ("double", Column(numbers: column(0) { number($0, values: values) })),
            ("float", Column(.float(Buffer(floats.map { $0 ?? .nan })))),
            ("integer", Column(integers: column(2) { Int64(random.below(60, $0)) - 30 })),
            ("flag", Column(flags: column(3) { random.below(2, $0) == 1 })),
            ("many", Column(categories: column(4) { labels[random.below(41, $0)] }, dictionary: labels)),
            // More labels than the trees know: the rest is unseen.
            (
                "few",
                Column(categories: column(5) { labels[random.below(8, $0)] }, dictionary: Array(labels.prefix(8)))
            ),
        ])
    }

    @Test(arguments: [
        (trees: 1, leaves: 1, scores: 1, values: 40), (trees: 7, leaves: 2, scores: 1, values: 40),
        (trees: 20, leaves: 31, scores: 1, values: 80), (trees: 12, leaves: 31, scores: 3, values: 80),
        (trees: 4, leaves: 256, scores: 2, values: 60),
        // Beyond what bytes hold: too many leaves, too many thresholds.
        (trees: 3, leaves: 257, scores: 1, values: 60), (trees: 60, leaves: 100, scores: 1, values: 4000),
    ])
    func `any batch and any single row equal walking node by node`(
        shape: (trees: Int, leaves: Int, scores: Int, values: Int)
    ) throws {
        for seed in 0..<3 {
            let trees = (0..<shape.trees).map {
                tree(leaves: $0 % 5 == 4 ? 1 : shape.leaves, key: seed * 100 + $0, values: shape.values)
            }
            let forest = Forest(trees, scores: shape.scores, binOfCode: Self.categories)
            #expect(forest.isBlended == (shape.leaves <= 256 && shape.values < 4000))
            for rows in [0, 1, 7, 8, 64, 65, 300] {
                let table = try table(rows, seed: seed, values: shape.values)
                let columns = table.columns.map(\.doubles)
                var expected = [Double](repeating: 0.25, count: rows * shape.scores)
                for row in 0..<rows {
                    let values = columns.map { $0?[row] ?? .nan }
                    values.withUnsafeBufferPointer { values in
                        for (index, tree) in trees.enumerated() {
                            expected[row * shape.scores + index % shape.scores] += tree.value(
                                row: values, binOfCode: Self.categories)
                        }
                    }
                }
                for (threads, backend) in [(1, Backend.c), (2, .c), (2, .swift)] {
                    var scores = [Double](repeating: 0.25, count: rows * shape.scores)
                    try scores.withUnsafeMutableBufferPointer { scores in
                        guard let scores = scores.baseAddress else { return }
                        try forest.addScores(table, to: scores, in: RunContext(threads: threads, backend: backend))
                    }
                    #expect(scores == expected)
                }
            }
        }
    }
}
