import ApusCore
import ApusKernels
import ApusTrees
import Testing

/// Forests of random trees on hostile values: every way of predicting gives what walking node by node gives.
@Suite struct ForestTests {
    private let random = RandomTrees(seed: 3)

    @Test(arguments: [
        (trees: 1, leaves: 1, scores: 1, values: 40), (trees: 7, leaves: 2, scores: 1, values: 40),
        (trees: 20, leaves: 31, scores: 1, values: 80), (trees: 12, leaves: 31, scores: 3, values: 80),
        (trees: 4, leaves: 256, scores: 2, values: 60),
        (trees: 3, leaves: 257, scores: 1, values: 60), (trees: 26, leaves: 700, scores: 2, values: 60),
        // Too many leaves, too many thresholds.
        (trees: 3, leaves: 4097, scores: 1, values: 60),
        (trees: 60, leaves: 100, scores: 1, values: 4000),
    ])
    func `any batch and any single row equal walking node by node`(
        shape: (trees: Int, leaves: Int, scores: Int, values: Int)
    ) throws {
        for seed in 0..<3 {
            let trees = (0..<shape.trees).map {
                random.tree(leaves: $0 % 5 == 4 ? 1 : shape.leaves, key: seed * 100 + $0, values: shape.values)
            }
            let forest = Forest(trees, scores: shape.scores, binOfCode: RandomTrees.categories)
            #expect(forest.isSliced == (shape.leaves <= 4096 && shape.values < 4000))
            #expect(forest.isDecided == (shape.leaves <= 32))
            for rows in [0, 1, 7, 8, 64, 65, 300, 511, 512, 513] {
                let table = try random.table(rows, seed: seed, values: shape.values)
                let columns = table.columns.map(\.doubles)
                var expected = [Double](repeating: 0.25, count: rows * shape.scores)
                for row in 0..<rows {
                    let values = columns.map { $0?[row] ?? .nan }
                    values.withUnsafeBufferPointer { values in
                        for (index, tree) in trees.enumerated() {
                            expected[row * shape.scores + index % shape.scores] += tree.value(
                                row: values, binOfCode: RandomTrees.categories)
                        }
                    }
                }
                for kernels in [TreeKernels(.swift)] + (0...2).compactMap({ TreeKernels(level: $0) }) {
                    var scores = [Double](repeating: 0.25, count: rows * shape.scores)
                    forest.addScores(table, 0..<rows, to: &scores, kernels: kernels)
                    #expect(scores == expected)
                    // One by one.
                    scores = [Double](repeating: 0.25, count: rows * shape.scores)
                    for row in 0..<rows {
                        let values = columns.map { $0?[row] ?? .nan }
                        scores.withUnsafeMutableBufferPointer { scores in
                            guard let base = scores.baseAddress else { return }
                            forest.addScores(
                                width: values.count, values: values, scores: base + row * shape.scores,
                                kernels: kernels)
                        }
                    }
                    #expect(scores == expected)
                }
            }
        }
    }

    @Test(arguments: [
        (trees: 1, leaves: 1, outputs: 2, values: 40), (trees: 9, leaves: 31, outputs: 3, values: 80),
        (trees: 6, leaves: 256, outputs: 10, values: 80), (trees: 3, leaves: 300, outputs: 2, values: 80),
    ])
    func `leaves of several numbers add what walking node by node finds`(
        shape: (trees: Int, leaves: Int, outputs: Int, values: Int)
    ) throws {
        let source = CounterRandom(seed: 8, purpose: "answers")
        let trees = (0..<shape.trees).map { random.tree(leaves: shape.leaves, key: 700 + $0, values: shape.values) }
        let answers = trees.enumerated().map { index, tree in
            (0..<tree.nodes.count * shape.outputs).map { source.unit(index * 10_000 + $0) }
        }
        let forest = Forest(trees, scores: shape.outputs, binOfCode: RandomTrees.categories, vectors: answers)
        #expect(forest.isSliced)
        #expect(forest.isDecided == (shape.leaves <= 32))
        for rows in [1, 8, 129, 513] {
            let table = try random.table(rows, seed: rows, values: shape.values)
            let columns = table.columns.map(\.doubles)
            var expected = [Double](repeating: 0.25, count: rows * shape.outputs)
            for row in 0..<rows {
                let values = columns.map { $0?[row] ?? .nan }
                for (tree, answers) in zip(trees, answers) {
                    let leaf = values.withUnsafeBufferPointer {
                        tree.leaf(row: $0, binOfCode: RandomTrees.categories)
                    }
                    for output in 0..<shape.outputs {
                        expected[row * shape.outputs + output] += answers[leaf * shape.outputs + output]
                    }
                }
            }
            for kernels in [TreeKernels(.swift)] + (0...2).compactMap({ TreeKernels(level: $0) }) {
                var scores = [Double](repeating: 0.25, count: rows * shape.outputs)
                forest.addScores(table, 0..<rows, to: &scores, kernels: kernels)
                #expect(scores == expected)
                scores = [Double](repeating: 0.25, count: shape.outputs)
                let values = columns.map { $0?[rows - 1] ?? .nan }
                forest.addScores(width: values.count, values: values, scores: &scores, kernels: kernels)
                #expect(scores == Array(expected.suffix(shape.outputs)))
            }
        }
    }

    /// Trees that split many numbers, so that a row's ranks fill more than one chunk, or too many of them.
    @Test(arguments: [33, 90, 128, 129])
    func `trees of many columns equal walking node by node`(columns: Int) throws {
        let source = CounterRandom(seed: 9, purpose: "columns")
        let trees = (0..<37).map { index in
            var tree = random.tree(leaves: 1 + index % 32, key: 900 + index, values: 80)
            for position in tree.nodes.indices where !tree.nodes[position].isLeaf {
                let key = (index * 100 + position) * 2
                // Each column is split with missing values to either side.
                tree.nodes[position].set = nil
                tree.nodes[position].column = source.below(columns, key)
                tree.nodes[position].threshold = Double(source.below(40, key + 1))
            }
            return tree
        }
        let used = Set(trees.flatMap(\.nodes).filter { !$0.isLeaf }.map { [$0.column, $0.missingLeft ? 1 : 0] })
        let none = [[UInt8]?](repeating: nil, count: columns)
        let forest = Forest(trees, scores: 1, binOfCode: none)
        #expect(forest.isDecided == (used.count <= 256))
        for row in 0..<100 {
            let values = (0..<columns).map { column in
                let key = (row * columns + column) * 2 + 1_000_000
                return source.below(5, key) == 0 ? .nan : Double(source.below(82, key + 1)) / 2 - 0.5
            }
            let expected = values.withUnsafeBufferPointer { values in
                trees.reduce(0) { $0 + $1.value(row: values, binOfCode: none) }
            }
            for kernels in [TreeKernels(.swift)] + (0...2).compactMap({ TreeKernels(level: $0) }) {
                var score = 0.0
                forest.addScores(width: columns, values: values, scores: &score, kernels: kernels)
                #expect(score == expected)
            }
        }
    }
}
