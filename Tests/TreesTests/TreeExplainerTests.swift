import ApusCore
import ApusTrees
import Testing

/// Contributions against the definition of Shapley values, over all subsets of the inputs.
@Suite struct TreeExplainerTests {
    private let random = RandomTrees(seed: 9)

    /// What a tree answers where only the inputs in `known` are: others go both ways, by the rows of fitting.
    private func value(_ tree: Tree, _ row: [Double], known: Int, at position: Int = 0) -> Double {
        let node = tree.nodes[position]
        if node.isLeaf { return node.value }
        let sides = [node.child, node.child + 1].map { value(tree, row, known: known, at: $0) }
        if known >> node.column & 1 == 1 {
            var stump = Tree(nodes: [node, Tree.Node(value: sides[0]), Tree.Node(value: sides[1])])
            stump.nodes[0].child = 1
            return row.withUnsafeBufferPointer { stump.value(row: $0, binOfCode: RandomTrees.categories) }
        }
        let counts = [node.child, node.child + 1].map { Double(tree.nodes[$0].count) }
        return (sides[0] * counts[0] + sides[1] * counts[1]) / (counts[0] + counts[1])
    }

    private func shapley(_ tree: Tree, _ row: [Double]) -> [Double] {
        let inputs = row.count
        let values = (0..<1 << inputs).map { value(tree, row, known: $0) }
        func factorial(_ n: Int) -> Double { (1...max(1, n)).reduce(1) { $0 * Double($1) } }
        return (0..<inputs).map { input in
            (0..<1 << inputs).reduce(0) { sum, known in
                guard known >> input & 1 == 0 else { return sum }
                let size = known.nonzeroBitCount
                let weight = factorial(size) * factorial(inputs - 1 - size) / factorial(inputs)
                return sum + weight * (values[known | 1 << input] - values[known])
            }
        } + [values[0]]
    }

    @Test(arguments: [1, 2, 3, 8, 31, 100])
    func `contributions are the Shapley values of the definition`(leaves: Int) throws {
        let trees = (0..<4).map { random.tree(leaves: leaves, key: $0, values: 20) }
        let table = try random.table(70, seed: leaves, values: 20)
        let columns = table.columns.map(\.doubles)
        let explainer = TreeExplainer(trees, scores: 2, binOfCode: RandomTrees.categories)
        let found = try explainer.contributions(table, initial: [10, 20], in: RunContext(threads: 2))
        let twin = try explainer.contributions(table, initial: [10, 20], in: RunContext(threads: 1, backend: .swift))
        for score in 0..<2 {
            #expect(found[score].elements.elementsEqual(twin[score].elements))
            for row in 0..<70 {
                let values = columns.map { $0?[row] ?? .nan }
                var expected = zip(shapley(trees[score], values), shapley(trees[score + 2], values)).map { $0 + $1 }
                expected[6] += Double(10 * (score + 1))
                // Values of up to 1: rounding of some hundred operations.
                for (found, expected) in zip(found[score].row(row), expected) { #expect(abs(found - expected) < 1e-13) }
            }
        }
    }

    @Test func `deep paths of many inputs still sum to the score`() throws {
        // A chain: each split sends one side to a leaf and looks at another input.
        let depth = 60
        var tree = Tree(nodes: [Tree.Node(count: 1 << 20)])
        for level in 0..<depth {
            let position = tree.nodes.count - 1
            let rows = tree.nodes[position].count
            tree.nodes[position].column = level
            tree.nodes[position].threshold = 0.5
            tree.nodes[position].child = tree.nodes.count
            tree.nodes += [
                Tree.Node(count: max(1, rows / 9), value: Double(level)), Tree.Node(count: max(1, rows * 8 / 9)),
            ]
        }
        tree.nodes[tree.nodes.count - 1].value = 100
        let table = try Table(
            (0..<depth).map { column in
                ("x\(column)", Column((0..<5).map { row in column * row % 7 < 5 ? 1 : 0 }))
            })
        let explainer = TreeExplainer([tree], scores: 1, binOfCode: Array(repeating: nil, count: depth))
        let found = try explainer.contributions(table, initial: [0], in: RunContext())[0]
        for row in 0..<5 {
            let values = table.columns.map { $0.doubles?[row] ?? .nan }
            let expected = values.withUnsafeBufferPointer { tree.value(row: $0, binOfCode: []) }
            #expect(abs(found.row(row).reduce(0, +) - expected) < 1e-10)
        }
    }

    @Test(arguments: ["regression", "binary", "multiclass"])
    func `the contributions of a fitted model sum to its scores`(task: String) throws {
        let (table, score) = try Fixture.mixed(2000)
        let target: Target =
            switch task {
            case "regression": Fixture.numbers(score)
            case "binary": Fixture.classes(score.map { $0 > 2 ? 1 : 0 }, ["no", "yes"])
            default: Fixture.classes(score.map { $0 > 3 ? 2 : $0 > 1 ? 1 : 0 }, ["low", "middle", "high"])
            }
        var learner = GradientBoosting()
        learner.nEstimators = 20
        let model = try Fixture.fit(learner, Fixture.rows(table, target))
        let (other, _) = try Fixture.mixed(777, seed: 99)
        let scores = try model.rawScores(try model.inputs.align(other), in: RunContext())
        let parts = try model.contributions(other, in: RunContext(threads: 1))
        let again = try model.contributions(other, in: RunContext(threads: 3))
        for (part, other) in zip(parts, again) { #expect(part.elements.elementsEqual(other.elements)) }
        for row in 0..<777 {
            for (index, part) in parts.enumerated() {
                #expect(abs(part.row(row).reduce(0, +) - scores[row * parts.count + index]) < 1e-11)
            }
        }
        // An input that no tree looks at contributes nothing.
        let constant = try #require(model.inputs.index(of: "constant"))
        #expect((0..<777).allSatisfy { parts[0][$0, constant] == 0 })
    }
}
