import ApusCore
import ApusKernels
import ApusTrees
import Testing

/// Forests with more distinct comparisons than have masks at the same time, so that batches take them run by run.
@Suite struct SlicedRunsTests {
    private static let columns = 60
    private static let none = [[UInt8]?](repeating: nil, count: columns)
    /// Comparisons whose masks are made together, at most.
    private static let mostMasks = 8192
    private let source = CounterRandom(seed: 11, purpose: "runs")

    /// Trees of numbers, split at multiples of 0.5 with missing values to either side.
    private func trees(_ count: Int, leaves: Int) -> [Tree] {
        let random = RandomTrees(seed: 12)
        return (0..<count).map { index in
            // Trees without a split stand between the others.
            var tree = random.tree(leaves: index % 7 == 6 ? 1 : leaves, key: index, values: 80)
            for position in tree.nodes.indices where !tree.nodes[position].isLeaf {
                let key = (index * 2 * leaves + position) * 3
                tree.nodes[position].set = nil
                tree.nodes[position].column = source.below(Self.columns, key)
                tree.nodes[position].threshold = Double(source.below(200, key + 1)) / 2
                tree.nodes[position].missingLeft = source.below(2, key + 2) == 0
            }
            return tree
        }
    }

    private func comparisons(_ trees: [Tree]) -> Int {
        Set(
            trees.flatMap(\.nodes).filter { !$0.isLeaf }
                .map { [Double($0.column), $0.threshold, $0.missingLeft ? 1 : 0] }
        ).count
    }

    private func table(_ rows: Int) throws -> Table {
        try Table(
            (0..<Self.columns).map { column in
                let values = (0..<rows).map { row in
                    let key = ((row * Self.columns + column) * 2) + 1_000_000
                    return source.below(9, key) == 0 ? Double.nan : Double(source.below(402, key + 1)) / 4
                }
                return ("x\(column)", Column(values))
            })
    }

    /// The leaf that each row reaches in each tree, node by node.
    private func leaves(_ trees: [Tree], _ table: Table) -> [[Int]] {
        let columns = table.columns.map(\.doubles)
        return (0..<table.rowCount).map { row in
            let values = columns.map { $0?[row] ?? .nan }
            return values.withUnsafeBufferPointer { values in trees.map { $0.leaf(row: values, binOfCode: Self.none) } }
        }
    }

    // The trees of a score stand one after another, so that a run may end within a score or between two.
    @Test(arguments: [1, 2, 5])
    func `trees of several runs equal walking node by node`(scores: Int) throws {
        let trees = trees(50, leaves: 700)
        #expect(comparisons(trees) > 2 * Self.mostMasks)
        let forest = Forest(trees, scores: scores, binOfCode: Self.none)
        #expect(forest.isSliced)
        for rows in [24, 512, 1030] {
            let table = try table(rows)
            let expected = leaves(trees, table).flatMap { leaves in
                trees.indices.reduce(into: [Double](repeating: 0.25, count: scores)) {
                    $0[$1 % scores] += trees[$1].nodes[leaves[$1]].value
                }
            }
            for kernels in [TreeKernels(.swift)] + (0...2).compactMap({ TreeKernels(level: $0) }) {
                var sums = [Double](repeating: 0.25, count: rows * scores)
                forest.addScores(table, 0..<rows, to: &sums, kernels: kernels)
                #expect(sums == expected)
            }
        }
    }

    @Test func `leaves of several numbers in several runs add what walking node by node finds`() throws {
        let (outputs, rows) = (3, 600)
        let trees = trees(30, leaves: 700)
        #expect(comparisons(trees) > Self.mostMasks)
        let answers = trees.enumerated().map { index, tree in
            (0..<tree.nodes.count * outputs).map { source.unit(5_000_000 + index * 10_000 + $0) }
        }
        let forest = Forest(trees, scores: outputs, binOfCode: Self.none, vectors: answers)
        #expect(forest.isSliced)
        let table = try table(rows)
        let expected = leaves(trees, table).flatMap { leaves in
            (0..<outputs).map { output in
                trees.indices.reduce(0.25) { $0 + answers[$1][leaves[$1] * outputs + output] }
            }
        }
        for kernels in [TreeKernels(.swift)] + (0...2).compactMap({ TreeKernels(level: $0) }) {
            var sums = [Double](repeating: 0.25, count: rows * outputs)
            forest.addScores(table, 0..<rows, to: &sums, kernels: kernels)
            #expect(sums == expected)
        }
    }
}
