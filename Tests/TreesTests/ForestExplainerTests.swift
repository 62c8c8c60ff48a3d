import ApusCore
import ApusTrees
import Testing

/// Contributions to the answers of forests and single trees.
@Suite struct ForestExplainerTests {
    /// What a forest answers where only the inputs in `known` are: others go both ways, by the rows of fitting.
    private func value(_ member: ForestModel.Member, _ row: [Double], _ output: Int, known: Int, at position: Int = 0)
        -> Double
    {
        let (tree, width) = (member.tree, member.answers.count / member.tree.nodes.count)
        let node = tree.nodes[position]
        if node.isLeaf { return width == 0 ? node.value : member.answers[position * width + output] }
        func side(_ child: Int) -> Double { value(member, row, output, known: known, at: child) }
        if known >> node.column & 1 == 1 {
            let goesLeft = row[node.column].isNaN ? node.missingLeft : row[node.column] <= node.threshold
            return side(goesLeft ? node.child : node.child + 1)
        }
        let counts = [node.child, node.child + 1].map { Double(tree.nodes[$0].count) }
        return (side(node.child) * counts[0] + side(node.child + 1) * counts[1]) / (counts[0] + counts[1])
    }

    private func shapley(_ model: ForestModel, _ row: [Double], _ output: Int) -> [Double] {
        let inputs = row.count
        let values = (0..<1 << inputs).map { known in
            model.members.reduce(0) { $0 + value($1, row, output, known: known) } / Double(model.members.count)
        }
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

    @Test(arguments: 0..<3, ForestModelTests.tasks)
    func `contributions are the Shapley values of the definition`(learner: Int, task: LearningTask) throws {
        let (mixed, score) = try Fixture.mixed(400)
        let table = try mixed.filter { ["a", "b", "c", "d"].contains($0.name) }
        let rows = Fixture.rows(table, ForestModelTests.target(score, task))
        let model = try ForestModelTests.fit(ForestModelTests.learners[learner], rows)
        let some = try table.slice(0..<9)
        let parts = try model.contributions(some, in: Fixture.context())
        let twin = try model.contributions(some, in: Fixture.context(threads: 1, backend: .swift))
        #expect(parts.count == (task == .multiclass ? 3 : task == .multilabel ? 2 : 1))
        let columns = some.columns.map(\.doubles)
        for (output, part) in parts.enumerated() {
            #expect(part.elements.elementsEqual(twin[output].elements))
            for row in 0..<9 {
                let expected = shapley(model, columns.map { $0?[row] ?? .nan }, output)
                // Answers of up to 10: rounding of some thousand operations.
                for (a, b) in zip(part.row(row), expected) { #expect(abs(a - b) < 1e-11) }
            }
        }
    }

    @Test(arguments: 0..<3)
    func `the base value is the mean answer to the rows as they were drawn`(learner: Int) throws {
        let (table, score) = try Fixture.mixed(400)
        let rows = Fixture.rows(table, ForestModelTests.target(score, .multiclass))
        let model = try ForestModelTests.fit(ForestModelTests.learners[learner], rows)
        let parts = try model.contributions(table.slice(0..<1), in: Fixture.context())
        for (output, part) in parts.enumerated() {
            // The answer of a root is the mean over its sample, repeats counted.
            let roots = model.members.reduce(0) { $0 + $1.answers[output] } / Double(model.members.count)
            #expect(abs(part[0, table.columns.count] - roots) < 1e-9)
        }
    }

    @Test(arguments: 0..<3, ForestModelTests.tasks)
    func `contributions sum to the answer, with categories and missing values`(learner: Int, task: LearningTask) throws
    {
        let (table, score) = try Fixture.mixed(1500)
        let rows = Fixture.rows(table, ForestModelTests.target(score, task))
        let model = try ForestModelTests.fit(ForestModelTests.learners[learner], rows)
        let (other, _) = try Fixture.mixed(300, seed: 99)
        let answers = try model.predict(other)
        let parts = try model.contributions(other, in: Fixture.context())
        let first = answers.values.columns - parts.count
        let constant = try #require(model.inputs.index(of: "constant"))
        for row in 0..<300 {
            for (output, part) in parts.enumerated() {
                #expect(abs(part.row(row).reduce(0, +) - answers.values[row, first + output]) < 1e-10)
                #expect(part[row, constant] == 0)
            }
        }
    }
}
