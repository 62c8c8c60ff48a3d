import ApusCore
import ApusTrees
import Testing

/// Forests on input that is odd, degenerate or wrong: a sensible model or a named error, never a crash or a NaN.
@Suite struct HardForestTests {
    private func fit(_ learner: any Learner, _ table: Table, _ target: Target, weights: [Double]? = nil) throws
        -> ForestModel
    {
        let model = try ForestModelTests.fit(learner, Fixture.rows(table, target, weights: weights))
        #expect(try model.predict(table).values.elements.allSatisfy(\.isFinite))
        return model
    }

    private func ramp(_ count: Int) throws -> Table { try Table(["x": Column((0..<count).map(Double.init))]) }

    @Test(arguments: 0..<3)
    func `one row, one class and a constant target make trees of one leaf`(learner: Int) throws {
        let learner = ForestModelTests.learners[learner]
        #expect(try fit(learner, ramp(1), Fixture.numbers([5])).predict(ramp(1)).value(0) == 5)
        let single = try fit(learner, ramp(40), Fixture.classes([Int](repeating: 0, count: 40), ["a"]))
        #expect(try single.predict(ramp(40)).values.elements.allSatisfy { $0 == 1 })
        let second = try fit(learner, ramp(40), Fixture.classes([Int](repeating: 1, count: 40), ["a", "b"]))
        #expect(try second.predict(ramp(40)).values.row(7).elementsEqual([0, 1]))
        let constant = try fit(learner, ramp(40), Fixture.numbers([Double](repeating: 0.1, count: 40)))
        #expect(constant.members.allSatisfy { $0.tree.nodes.count == 1 && $0.tree.nodes[0].value == 0.1 })
        let flags = try fit(learner, ramp(20), .flags(Buffer([UInt8](repeating: 1, count: 20)), labels: ["a"]))
        #expect(try flags.predict(ramp(20)).values.elements.allSatisfy { $0 == 1 })
    }

    @Test(arguments: 0..<3)
    func `a table without columns, or without a value, answers the mean`(learner: Int) throws {
        let learner = ForestModelTests.learners[learner]
        let none = try Table(Schema([]), [], rowCount: 400)
        let target = Fixture.numbers((0..<400).map { Double($0 % 2) })
        // Means of samples deviate by half of 1/sqrt(400) at most, and there are twelve of them.
        #expect(abs(try fit(learner, none, target).predict(none).value(0) - 0.5) < 0.05)
        let empty = try Table([
            ("a", Column([Double](repeating: .nan, count: 400))),
            ("b", Column(categories: [String?](repeating: nil, count: 400))),
        ])
        #expect(abs(try fit(learner, empty, target).predict(empty).value(0) - 0.5) < 0.05)
    }

    @Test func `a tree without limits separates every row`() throws {
        var learner = DecisionTree()
        learner.growth.maxLeafNodes = 1000
        for learner in [learner, DecisionTree()] {
            let model = try fit(learner, ramp(200), Fixture.numbers((0..<200).map { Double($0 * $0) }))
            let answers = try model.predict(ramp(200))
            for row in 0..<200 { #expect(abs(answers.value(row) - Double(row * row)) < 1e-6) }
        }
    }

    @Test func `a long thin tree does no harm`() throws {
        // Each split takes the largest row away, until the rest is below the resolution of the largest.
        let model = try fit(
            DecisionTree(), ramp(250),
            Fixture.numbers(
                (0..<250).map {
                    var v = 1.0; for _ in 0..<$0 { v *= 3 }; return v
                }))
        #expect(model.members[0].tree.depth > 40)
        #expect(model.describedTree(0).depths.max() == model.members[0].tree.depth)
    }

    @Test(arguments: [1e-140, 1e140])
    func `targets of any size are learned`(size: Double) throws {
        let model = try fit(DecisionTree(), ramp(100), Fixture.numbers((0..<100).map { $0 < 50 ? size : 3 * size }))
        let answers = try model.predict(ramp(100))
        #expect(abs(answers.value(0) / size - 1) < 1e-9 && abs(answers.value(99) / size - 3) < 1e-9)
    }

    @Test func `no rows, text, a target that is not finite and a model to continue are refused`() throws {
        let forest = ForestModelTests.learners[0]
        #expect(throws: ApusError.self) { try fit(forest, ramp(0), Fixture.numbers([])) }
        let error = #expect(throws: ApusError.self) { try fit(forest, ramp(3), Fixture.numbers([1, .nan, 2])) }
        #expect(error?.place == "row 2")
        let text = try Table(["t": Column(texts: ["a", "b"])])
        let refused = #expect(throws: ApusError.self) { try fit(forest, text, Fixture.numbers([1, 2])) }
        #expect(refused?.place == "column 't'")
        let rows = Fixture.rows(try ramp(9), Fixture.numbers((0..<9).map(Double.init)))
        let model = try forest.fit(rows, from: nil, in: Fixture.context())
        #expect(throws: ApusError.self) { try forest.fit(rows, from: model, in: Fixture.context()) }
    }

    @Test func `twenty thousand columns are drawn from`() throws {
        let random = CounterRandom(seed: 2, purpose: "wide")
        let columns = (0..<20_000).map { column in
            (
                name: "c\(column)",
                column: Column((0..<60).map { Double(random.below(column % 3 == 0 ? 2 : 60, column * 60 + $0)) })
            )
        }
        var forest = RandomForest()
        forest.nEstimators = 10
        let model = try fit(forest, Table(columns), Fixture.classes((0..<60).map { $0 % 2 }, ["a", "b"]))
        #expect(model.members.allSatisfy { $0.tree.depth > 1 })
    }

    @Test(arguments: 0..<3)
    func `of a hundred thousand categories the frequent ones are learned`(learner: Int) throws {
        let rows = 120_000
        let random = CounterRandom(seed: 2, purpose: "categories")
        let labels = (0..<rows).map { row in
            row % 6 == 0 ? ["red", "green", "blue", "white"][random.below(4, row)] : "rare\(row)"
        }
        let target = Fixture.numbers(labels.map { $0 == "red" ? 4 : $0 == "green" ? -3 : 0 })
        var learner = ForestModelTests.learners[learner]
        if var forest = learner as? RandomForest {
            forest.nEstimators = 3
            forest.sampling.oobScore = false
            learner = forest
        } else if var forest = learner as? ExtraTrees {
            forest.nEstimators = 3
            learner = forest
        }
        let model = try fit(learner, Table(["c": Column(categories: labels)]), target)
        let answers = try model.predict(
            Table(["c": Column(categories: ["red", "green", "rare7", "never seen", nil])]))
        #expect(answers.value(0) > 3.9 && answers.value(1) < -2.9)
        for row in 2..<5 { #expect(abs(answers.value(row)) < 0.2) }
    }

    @Test(arguments: 0..<3)
    func `a missing value learns its own side`(learner: Int) throws {
        let values = (0..<300).map { $0 % 3 == 0 ? nil : Double($0) }
        let table = try Table(["x": Column(numbers: values)])
        for sign in [1.0, -1] {
            let target = Fixture.numbers((0..<300).map { values[$0] == nil ? sign : $0 < 150 ? -1 : 1 })
            let answers = try fit(ForestModelTests.learners[learner], table, target).predict(table)
            #expect(abs(answers.value(0) - sign) < 1e-9)
            #expect(abs(answers.value(1) + 1) < 1e-9 && abs(answers.value(299) - 1) < 1e-9)
        }
    }

    @Test func `weights may be tiny, huge or zero`() throws {
        let target = Fixture.numbers([0, 3, 100])
        for unit in [1e-300, 1, 1e300] {
            let model = try fit(DecisionTree(), ramp(3), target, weights: [unit, 2 * unit, 0])
            #expect(abs(try model.predict(ramp(3)).value(2) - 3) < 1e-9)
            var stump = RandomForest()
            stump.nEstimators = 5
            #expect(try fit(stump, ramp(3), target, weights: [unit, 2 * unit, 0]).predict(ramp(3)).value(2) <= 3)
        }
    }

    @Test(arguments: 0..<3)
    func `cancelled work ends with the error that says so`(learner: Int) throws {
        let (table, score) = try Fixture.mixed(2000)
        let context = try Fixture.context()
        context.cancellation.cancel()
        let error = #expect(throws: ApusError.self) {
            try ForestModelTests.fit(
                ForestModelTests.learners[learner], Fixture.rows(table, Fixture.numbers(score)), context)
        }
        #expect(error?.kind == .cancelled)
    }

    @Test func `the score out of bag warns of rows that every tree has seen, and of no bags at all`() throws {
        let (table, score) = try Fixture.mixed(300)
        let rows = Fixture.rows(table, Fixture.numbers(score))
        var forest = RandomForest()
        forest.sampling.oobScore = true
        forest.nEstimators = 2
        let listener = WarningListener()
        let few = try ForestModelTests.fit(forest, rows, Fixture.context(monitors: [listener]))
        #expect(few.oobScore != nil && listener.messages.contains { $0.contains("every tree has seen") })
        forest.sampling.bootstrap = false
        let none = try ForestModelTests.fit(forest, rows, Fixture.context(monitors: [listener]))
        #expect(none.oobScore == nil && listener.messages.contains { $0.contains("without bootstrap") })
    }
}
