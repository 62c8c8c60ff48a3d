import ApusCore
import ApusTrees
import Testing

/// Input that is odd, degenerate or wrong: a sensible model or a named error, never a crash or a NaN.
@Suite struct HardInputTests {
    private func fit(
        _ table: Table, _ target: Target, weights: [Double]? = nil,
        _ change: (inout GradientBoosting) -> Void = { _ in }
    ) throws -> GradientBoostingModel {
        var learner = GradientBoosting()
        learner.nEstimators = 10
        change(&learner)
        let model = try Fixture.fit(learner, Fixture.rows(table, target, weights: weights))
        #expect(try model.predict(table).values.elements.allSatisfy(\.isFinite))
        let restored = try GradientBoosting.restoring(try model.state())
        #expect(try restored.predict(table).values.elements.elementsEqual(model.predict(table).values.elements))
        return model
    }

    private func ramp(_ count: Int) throws -> Table { try Table(["x": Column((0..<count).map(Double.init))]) }

    @Test func `all rows of one class are predicted as that class`() throws {
        for code in [0, 1] {
            let target = Fixture.classes([Int](repeating: code, count: 50), ["a", "b"])
            let prediction = try fit(try ramp(50), target).predict(try ramp(50))
            #expect((0..<50).allSatisfy { prediction.classIndex($0) == code })
        }
        let single = try fit(try ramp(50), Fixture.classes([Int](repeating: 0, count: 50), ["a"]))
        #expect(try single.predict(try ramp(50)).values.elements.allSatisfy { $0 == 1 })
        let absent = Fixture.classes((0..<50).map { $0 % 2 }, ["a", "b", "never"])
        #expect(try fit(try ramp(50), absent).predict(try ramp(50)).values.columns == 3)
    }

    @Test func `one row, two rows and a constant target give the mean`() throws {
        #expect(try fit(try ramp(1), Fixture.numbers([5])).predict(try ramp(1)).value(0) == 5)
        #expect(try fit(try ramp(2), Fixture.numbers([1, 2])).predict(try ramp(2)).value(1) == 1.5)
        let constant = try fit(try ramp(100), Fixture.numbers([Double](repeating: 0.1, count: 100)))
        #expect(constant.trees.isEmpty)
        #expect(abs(try constant.predict(try ramp(100)).value(3) - 0.1) < 1e-15)
    }

    @Test func `no rows, a target that is not finite, and text are refused`() throws {
        #expect(throws: ApusError.self) { try fit(try ramp(0), Fixture.numbers([])) }
        let error = #expect(throws: ApusError.self) {
            try fit(try ramp(3), Fixture.numbers([1, .nan, 2]))
        }
        #expect(error?.place == "row 2")
        for wrong in [Double.infinity, -1e200] {
            #expect(throws: ApusError.self) { try fit(try ramp(2), Fixture.numbers([1, wrong])) }
        }
        let text = try Table(["t": Column(texts: ["a", "b"])])
        let refused = #expect(throws: ApusError.self) { try fit(text, Fixture.numbers([1, 2])) }
        #expect(refused?.place == "column 't'")
    }

    @Test func `columns that are constant, all missing or infinite do no harm`() throws {
        let rows = 200
        let half: [Double?] = (0..<rows).map { $0 % 2 == 0 ? 1 : nil }
        let infinite: [Double] = (0..<rows).map { [.infinity, -.infinity, Double($0)][$0 % 3] }
        let huge: [Double] = (0..<rows).map { $0 % 2 == 0 ? 1.7e308 : -1.7e308 }
        let values: [Double] = (0..<rows).map { $0 % 2 == 0 ? 10 : $0 % 3 == 0 ? 5 : 0 }
        let table = try Table([
            ("constant", Column([Double](repeating: 2, count: rows))),
            ("missing", Column([Double](repeating: .nan, count: rows))),
            ("half", Column(numbers: half)), ("infinite", Column(infinite)), ("huge", Column(huge)),
            ("nobody", Column(categories: [String?](repeating: nil, count: rows))),
        ])
        let target = Fixture.numbers(values)
        let model = try fit(table, target) { $0.learningRate = 1 }
        let prediction = try model.predict(table)
        for row in 0..<rows where row % 2 == 0 { #expect(abs(prediction.value(row) - 10) < 1e-6) }
        #expect(model.importance["split"]?[0] == 0 && model.importance["split"]?[1] == 0)
    }

    @Test func `a table without columns gives the mean`() throws {
        let table = try Table(Schema([]), [], rowCount: 40)
        let model = try fit(table, Fixture.numbers((0..<40).map(Double.init)))
        #expect(try model.predict(table).value(0) == 19.5)
    }

    @Test func `more leaves than rows separate every row`() throws {
        let model = try fit(try ramp(30), Fixture.numbers((0..<30).map { Double($0 * $0) })) {
            $0.numLeaves = 1000
            $0.minSamplesLeaf = 1
            $0.learningRate = 1
        }
        let prediction = try model.predict(try ramp(30))
        for row in 0..<30 { #expect(abs(prediction.value(row) - Double(row * row)) < 1e-6) }
    }

    @Test(arguments: [1e-140, 1e-30, 1e30, 1e140])
    func `targets of any size are learned`(size: Double) throws {
        let model = try fit(try ramp(100), Fixture.numbers((0..<100).map { $0 < 50 ? size : 3 * size })) {
            $0.learningRate = 1
        }
        #expect(abs(try model.predict(try ramp(100)).value(0) / size - 1) < 1e-6)
    }

    @Test func `twenty rows of ten thousand columns are learned`() throws {
        let random = CounterRandom(seed: 2, purpose: "wide")
        let columns = (0..<10_000).map { column in
            (name: "c\(column)", column: Column((0..<20).map { random.unit(column * 20 + $0) }))
        }
        let target = Fixture.numbers((0..<20).map { random.unit(1_000_000 + $0) })
        let model = try fit(try Table(columns), target) {
            $0.minSamplesLeaf = 2
            $0.nEstimators = 3
        }
        #expect(!model.trees.isEmpty)
    }

    @Test func `a column of twenty thousand categories is learned from its frequent ones`() throws {
        let rows = 60_000
        let random = CounterRandom(seed: 2, purpose: "categories")
        let labels = (0..<rows).map { row in
            row % 3 == 0 ? ["red", "green", "blue", "white"][random.below(4, row)] : "rare\(random.below(20_000, row))"
        }
        let target = Fixture.numbers(labels.map { $0 == "red" ? 4 : $0 == "green" ? -3 : 0 })
        let table = try Table(["c": Column(categories: labels)])
        let model = try fit(table, target) { $0.learningRate = 0.5 }
        let prediction = try model.predict(
            Table(["c": Column(categories: ["red", "green", "rare7", "never seen", nil])]))
        #expect(prediction.value(0) > 3.9 && prediction.value(1) < -2.9)
        for row in 2..<5 { #expect(abs(prediction.value(row)) < 0.2) }
    }

    @Test func `a missing value learns its own side`() throws {
        let values = (0..<300).map { $0 % 3 == 0 ? nil : Double($0) }
        let table = try Table(["x": Column(numbers: values)])
        for sign in [1.0, -1] {
            let target = Fixture.numbers(
                (0..<300).map { row in
                    values[row] == nil ? sign : row < 150 ? -1 : 1
                })
            let prediction = try fit(table, target) { $0.learningRate = 1 }.predict(table)
            #expect(abs(prediction.value(0) - sign) < 1e-9)
            #expect(abs(prediction.value(1) + 1) < 1e-9 && abs(prediction.value(299) - 1) < 1e-9)
        }
    }

    @Test func `rows of weight zero change nothing and doubled weights count twice`() throws {
        let (table, score) = try Fixture.mixed(2000)
        let weights = (0..<2000).map { $0 < 1000 ? 1.0 : 0.0 }
        let spoiled = score.enumerated().map { $0.offset < 1000 ? $0.element : 1e6 }
        let model = try fit(table, Fixture.numbers(spoiled), weights: weights) { $0.minSamplesLeaf = 1 }
        let prediction = try model.predict(table.slice(0..<1000))
        #expect((0..<1000).allSatisfy { abs(prediction.value($0)) < 100 })
        let heavy = try fit(try ramp(2), Fixture.numbers([0, 3]), weights: [1, 2])
        #expect(try heavy.predict(try ramp(2)).value(0) == 2)
    }

    @Test func `cancelled work ends with the error that says so`() throws {
        let (table, score) = try Fixture.mixed(2000)
        let context = try Fixture.context()
        context.cancellation.cancel()
        let error = #expect(throws: ApusError.self) {
            try Fixture.fit(GradientBoosting(), Fixture.rows(table, Fixture.numbers(score)), context)
        }
        #expect(error?.kind == .cancelled)
    }

    @Test func `a model is continued only on the columns it knows`() throws {
        let first = try fit(try ramp(100), Fixture.numbers((0..<100).map(Double.init)))
        let other = try Table(["y": Column((0..<100).map(Double.init))])
        #expect(throws: ApusError.self) {
            try GradientBoosting().fit(
                Fixture.rows(other, Fixture.numbers((0..<100).map(Double.init))), from: first, in: Fixture.context())
        }
    }

    @Test func `damaged state is refused`() throws {
        let state = try fit(try ramp(100), Fixture.numbers((0..<100).map(Double.init))).state()
        let nodes = try state.elements("child", as: Int32.self).count
        let attacks: [String: Tensor] = [
            "child": Tensor([Int32](repeating: 0, count: nodes)),
            "column": Tensor([Int32](repeating: 5, count: nodes)),
            "value": Tensor([Double](repeating: .nan, count: nodes)),
            "tree_nodes": Tensor([Int32.max, 3]),
            "threshold": Tensor([Double]()),
            "category_codes": Tensor([Int32(9)]),
        ]
        for (name, tensor) in attacks {
            var damaged = state
            damaged.tensors[name] = tensor
            #expect(throws: ApusError.self, "\(name)") { try GradientBoosting.restoring(damaged) }
            damaged.tensors[name] = nil
            #expect(throws: ApusError.self, "without \(name)") { try GradientBoosting.restoring(damaged) }
        }
    }

    @Test func `values that differ in their last bits only are told apart`() throws {
        let order = (0..<200).map { $0 * 77 % 200 }  // far from sorted
        let x = order.map { 1 + Double($0) * 0x1p-50 }
        var learner = GradientBoosting()
        (learner.nEstimators, learner.learningRate) = (1, 1)
        (learner.numLeaves, learner.minSamplesLeaf, learner.minChildWeight) = (200, 1, 0)
        let table = try Table(["x": Column(x)])
        let model = try Fixture.fit(learner, Fixture.rows(table, Fixture.numbers(order.map(Double.init))))
        for (answer, truth) in zip(try model.predict(table).values.elements, order) {
            #expect(abs(answer - Double(truth)) < 1e-6)
        }
    }
}
