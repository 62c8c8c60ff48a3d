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
        // Beyond what bytes hold: too many leaves, too many thresholds.
        (trees: 3, leaves: 257, scores: 1, values: 60), (trees: 26, leaves: 700, scores: 2, values: 60),
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
            #expect(forest.isBlended == (shape.leaves <= 256 && shape.values < 4000))
            for rows in [0, 1, 7, 8, 64, 65, 128, 129, 300] {
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
        #expect(forest.isBlended == (shape.leaves <= 256))
        for rows in [1, 8, 129, 300] {
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
}
