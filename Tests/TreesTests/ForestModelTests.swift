import ApusCore
import ApusTrees
import Testing

/// Forests and single trees: what they promise whatever the data.
@Suite struct ForestModelTests {
    static let learners: [any Learner] = {
        var forest = RandomForest()
        forest.nEstimators = 12
        forest.sampling.oobScore = true
        var extra = ExtraTrees()
        extra.nEstimators = 12
        return [forest, extra, DecisionTree()]
    }()
    static let tasks = LearningTask.allCases

    static func target(_ score: [Double], _ task: LearningTask) -> Target {
        switch task {
        case .regression: Fixture.numbers(score)
        case .binary: Fixture.classes(score.map { $0 > 2 ? 1 : 0 }, ["no", "yes"])
        case .multiclass: Fixture.classes(score.map { $0 > 3 ? 2 : $0 > 1 ? 1 : 0 }, ["low", "middle", "high"])
        case .multilabel: .flags(Buffer(score.flatMap { [$0 > 2 ? 1 : 0, $0 < 1 ? 1 : 0] }), labels: ["hot", "cold"])
        }
    }

    static func fit(_ learner: any Learner, _ rows: TrainingRows, _ context: RunContext? = nil) throws -> ForestModel {
        guard let model = try learner.fit(rows, from: nil, in: context ?? Fixture.context()) as? ForestModel else {
            throw ApusError("not a forest")
        }
        return model
    }

    @Test(arguments: 0..<3, tasks)
    func `threads and backend change no byte`(learner: Int, task: LearningTask) throws {
        let (table, score) = try Fixture.mixed(1500)
        let rows = Fixture.rows(table, Self.target(score, task))
        let learner = Self.learners[learner]
        let expected = try Fixture.bytes(Self.fit(learner, rows, Fixture.context(threads: 1)))
        for threads in [2, 5] {
            #expect(try Fixture.bytes(Self.fit(learner, rows, Fixture.context(threads: threads))) == expected)
        }
        #expect(try Fixture.bytes(Self.fit(learner, rows, Fixture.context(backend: .swift))) == expected)
    }

    @Test(arguments: 0..<3, tasks)
    func `a batch, a single row and walking node by node agree`(learner: Int, task: LearningTask) throws {
        let (table, score) = try Fixture.mixed(1200)
        let model = try Self.fit(Self.learners[learner], Fixture.rows(table, Self.target(score, task)))
        let (other, _) = try Fixture.mixed(333, seed: 99)
        let aligned = try model.inputs.align(other)
        let columns = aligned.columns.map(\.doubles)
        let prediction = try model.predict(other)
        let twin = try model.predict(other, in: RunContext(backend: .swift))
        #expect(prediction.values.elements.elementsEqual(twin.values.elements))
        var outputs = [Double](repeating: 0, count: model.outputs.outputs)
        for row in 0..<aligned.rowCount {
            let values = columns.map { $0?[row] ?? .nan }
            var sums = [Double](repeating: 0, count: task == .multiclass ? 3 : task == .multilabel ? 2 : 1)
            values.withUnsafeBufferPointer { values in
                for member in model.members { member.add(values, binOfCode: model.binOfCode, to: &sums) }
                outputs.withUnsafeMutableBufferPointer { model.predict(row: values, into: $0) }
            }
            #expect(outputs == Array(prediction.values.row(row)))
            #expect(outputs.suffix(sums.count) == sums.map { $0 / Double(model.members.count) }.suffix(sums.count))
        }
    }

    @Test(arguments: 0..<3, tasks)
    func `a restored model predicts the same, and damaged states are refused`(
        learner: Int, task: LearningTask
    ) throws {
        let (table, score) = try Fixture.mixed(300)
        let learner = Self.learners[learner]
        let model = try Self.fit(learner, Fixture.rows(table, Self.target(score, task)))
        let type = type(of: learner)
        func restore(_ state: State) throws -> any Model { try type.restoring(state) }
        let state = try model.state()
        #expect(try restore(state).predict(table).values.elements.elementsEqual(model.predict(table).values.elements))
        #expect(try Fixture.bytes(restore(state)) == Fixture.bytes(model))
        let nodes = try state.elements("child", as: Int32.self).count
        var attacks: [String: Tensor] = [
            "child": Tensor([Int32](repeating: 0, count: nodes)),
            "column": Tensor([Int32](repeating: 77, count: nodes)),
            "value": Tensor([Double](repeating: .nan, count: nodes)), "tree_nodes": Tensor([Int32]()),
            "category_codes": Tensor([Int32(9)]),
        ]
        if state.tensors["answers"] != nil {
            attacks["answers"] = Tensor([Double](repeating: 7, count: nodes * model.outputs.outputs))
        }
        for (name, tensor) in attacks {
            var damaged = state
            damaged.tensors[name] = tensor
            #expect(throws: ApusError.self, "\(name)") { try restore(damaged) }
            damaged.tensors[name] = nil
            #expect(throws: ApusError.self, "without \(name)") { try restore(damaged) }
        }
    }

    @Test func `a tree of five rows is what paper and pencil give`() throws {
        // Means 2 of {1, 2, 3} and 7 of {6, 8}; impurity falls from 6.8 to (2 + 2) / 5.
        let table = try Table(["x": Column([10, 20, 30, 40, 50])])
        var learner = DecisionTree()
        learner.growth.maxDepth = 1
        let model = try Self.fit(learner, Fixture.rows(table, Fixture.numbers([1, 2, 3, 6, 8])))
        let answers = try model.predict(table)
        for (row, expected) in [2.0, 2, 2, 7, 7].enumerated() { #expect(abs(answers.value(row) - expected) < 1e-12) }
        #expect(abs(model.members[0].tree.nodes[0].gain - 6) < 1e-9)
        #expect(model.members[0].tree.nodes[0].threshold == 35)
    }

    @Test func `limits hold in every tree`() throws {
        let (table, score) = try Fixture.mixed(1500)
        let rows = Fixture.rows(table, Self.target(score, .multiclass))
        var learner = RandomForest()
        learner.nEstimators = 8
        learner.growth.maxDepth = 5
        #expect(try Self.fit(learner, rows).members.map(\.tree.depth).max() == 5)
        learner.growth = ImpurityGrowth()
        learner.growth.maxLeafNodes = 17
        #expect(try Self.fit(learner, rows).members.allSatisfy { $0.tree.nodes.count == 33 })
        learner.growth = ImpurityGrowth()
        learner.growth.minSamplesLeaf = 30
        let leaves = try Self.fit(learner, rows).members.flatMap(\.tree.nodes).filter(\.isLeaf)
        #expect(leaves.allSatisfy { $0.count >= 30 })
        learner.growth = ImpurityGrowth()
        learner.growth.minSamplesSplit = 100
        let nodes = try Self.fit(learner, rows).members.flatMap(\.tree.nodes)
        #expect(nodes.allSatisfy { $0.isLeaf || $0.count >= 100 })
        learner.growth = ImpurityGrowth()
        learner.growth.minImpurityDecrease = 0.01
        let splits = try Self.fit(learner, rows).members.flatMap(\.tree.nodes).filter { !$0.isLeaf }
        #expect(!splits.isEmpty && splits.allSatisfy { $0.gain >= 0.01 })
    }

    @Test func `a tree without drawing does not hang on the seed or on the order of rows`() throws {
        let (table, score) = try Fixture.mixed(1000)
        let target = Self.target(score, .regression)
        let expected = try Fixture.bytes(Self.fit(DecisionTree(), Fixture.rows(table, target)))
        var other = try Fixture.context()
        other.seed = 77
        #expect(try Fixture.bytes(Self.fit(DecisionTree(), Fixture.rows(table, target), other)) == expected)
        let order = CounterRandom(seed: 3, purpose: "shuffle").permutation(1000)
        let shuffled = Fixture.rows(try table.rows(order), target.rows(order), ids: order.map(Int64.init))
        #expect(try Fixture.bytes(Self.fit(DecisionTree(), shuffled)) == expected)
    }

    @Test func `a sample holds its share of the rows, and the forest averages`() throws {
        let (table, score) = try Fixture.mixed(2000)
        let rows = Fixture.rows(table, Self.target(score, .binary))
        var learner = RandomForest()
        learner.nEstimators = 30
        // A row counts as often as it was drawn.
        let members = try Self.fit(learner, rows).members
        #expect(members.allSatisfy { $0.tree.nodes[0].count == 2000 })
        #expect(Set(members.map { $0.tree.nodes[1].count }).count > 5, "each tree draws for itself")
        learner.sampling.maxSamples = 0.1
        #expect(try Self.fit(learner, rows).members.allSatisfy { $0.tree.nodes[0].count == 200 })
        learner.sampling.maxSamples = 50
        #expect(try Self.fit(learner, rows).members.allSatisfy { $0.tree.nodes[0].count == 50 })
        learner.sampling.maxSamples = 3000
        #expect(throws: ApusError.self) { try Self.fit(learner, rows) }
        #expect(throws: ApusError.self) { try RandomForest(parameters: ["bootstrap": false, "max_samples": 0.5]) }
        #expect(throws: ApusError.self) { try RandomForest(parameters: ["max_samples": 1.5]) }
    }

    @Test func `importances are shares of the lowered impurity`() throws {
        let (table, score) = try Fixture.mixed(1500)
        for learner in Self.learners {
            let model = try Self.fit(learner, Fixture.rows(table, Self.target(score, .regression)))
            let importance = model.importance["impurity"] ?? []
            #expect(abs(importance.reduce(0, +) - 1) < 1e-9)
            #expect(importance[0] == importance.max() && importance[6] == 0)
        }
    }

    @Test(arguments: tasks)
    func `rows of weight zero change nothing, and weights count like rows`(task: LearningTask) throws {
        let (mixed, score) = try Fixture.mixed(900)
        // Bins of many values follow the rows, whatever their weight.
        let table = try mixed.filter { ["b", "d", "f"].contains($0.name) }
        let target = Self.target(score, task)
        let weights = (0..<900).map { Double($0 % 3) }
        var learner = DecisionTree()
        learner.growth.maxDepth = 4
        let weighted = try Self.fit(learner, Fixture.rows(table, target, weights: weights))
        let kept = (0..<900).flatMap { [Int](repeating: $0, count: $0 % 3) }
        let repeated = try Self.fit(learner, Fixture.rows(table.rows(kept), target.rows(kept)))
        let (one, other) = (try weighted.predict(table), try repeated.predict(table))
        for row in 0..<900 where row % 3 > 0 {
            for (a, b) in zip(one.values.row(row), other.values.row(row)) { #expect(abs(a - b) < 1e-9) }
        }
    }

    @Test func `the words for the number of columns mean what they say`() throws {
        let (table, score) = try Fixture.mixed(400)
        let rows = Fixture.rows(table, Self.target(score, .regression))
        func bytes(_ value: JSON) throws -> String {
            try Fixture.bytes(Self.fit(RandomForest(parameters: ["n_estimators": 3, "max_features": value]), rows))
        }
        // Seven columns: log2 and sqrt and a third and 0.3 are two, all is seven.
        #expect(try Set([bytes("sqrt"), bytes("log2"), bytes("auto"), bytes(2), bytes(0.3)]).count == 1)
        #expect(try bytes("all") == bytes(7))
        #expect(try bytes("all") != bytes(2))
        for wrong: JSON in ["none", 0, 1.5, -1, true] {
            #expect(throws: ApusError.self) { try RandomForest(parameters: ["max_features": wrong]) }
        }
    }

    @Test(arguments: 0..<3, [LearningTask.binary, .multiclass])
    func `class weights are weights of the rows`(learner: Int, task: LearningTask) throws {
        let (table, score) = try Fixture.mixed(900)
        let target = Self.target(score, task)
        guard case .classes(let codes, let labels) = target else { return }
        let own = (0..<900).map { Double($0 % 4 + 1) }
        var sums = [Double](repeating: 0, count: labels.count)
        for (row, code) in codes.enumerated() { sums[Int(code)] += own[row] }
        let balanced = sums.map { sums.reduce(0, +) / (Double(labels.count) * $0) }
        for (weight, factors) in [
            ("balanced", balanced), (.object([labels[1]: 2.5]), labels.indices.map { $0 == 1 ? 2.5 : 1 }),
        ] as [(JSON, [Double])] {
            let plain = Self.learners[learner]
            var parameters = plain.parameterValues
            parameters["class_weight"] = weight
            let weighing = try type(of: plain).init(parameters: parameters)
            let found = try Self.fit(weighing, Fixture.rows(table, target, weights: own))
            let expected = try Self.fit(
                plain,
                Fixture.rows(table, target, weights: codes.enumerated().map { own[$0] * factors[Int($1)] }))
            #expect(try Fixture.bytes(found) == Fixture.bytes(expected))
        }
    }

    @Test func `class weights that fit no class, or leave no row, are refused`() throws {
        let (table, score) = try Fixture.mixed(60)
        func message(_ weight: JSON, _ task: LearningTask) throws -> String {
            let learner = try RandomForest(parameters: ["class_weight": weight])
            let error = #expect(throws: ApusError.self) {
                try Self.fit(learner, Fixture.rows(table, Self.target(score, task)))
            }
            return error?.description ?? ""
        }
        #expect(try message(["yess": 2], .binary).contains("Did you mean 'yes'?"))
        #expect(try message(["yes": 0, "no": 0], .binary).contains("all rows weigh nothing"))
        #expect(try message("balanced", .regression).contains("class weights need a target of classes"))
        #expect(throws: ApusError.self) { try DecisionTree(parameters: ["class_weight": "balance"]) }
    }
}
