import ApusCore
import ApusKernels
import ApusTrees

/// Trees and rows that come from random numbers, with every kind of column and value that prediction may meet.
struct RandomTrees {
    private static let inputs = 6
    /// The bins of each category input's codes.
    static let categories: [[UInt8]?] = [
        nil, nil, nil, nil, (0..<40).map { UInt8($0 * 7 % 256) } + [255], [0, 1, 255, 2],
    ]
    private let random: CounterRandom

    init(seed: UInt64) { random = CounterRandom(seed: seed, purpose: "forests") }

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

    /// A tree that is split at random leaves, with a number of rows at each node.
    func tree(leaves: Int, key: Int, values: Int) -> Tree {
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
        for (position, node) in tree.nodes.enumerated().reversed() {
            tree.nodes[position].count =
                node.isLeaf
                ? 1 + random.below(40, key * 500 + position)
                : tree.nodes[node.child].count + tree.nodes[node.child + 1].count
        }
        return tree
    }

    /// Rows of every kind of column that a number or a category can come in.
    func table(_ rows: Int, seed: Int, values: Int) throws -> Table {
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
}
