import ApusCore
import ApusObjectives
import ApusTrees
import Testing

/// What boosting does with objectives, class weights and offsets.
@Suite struct ObjectiveChoiceTests {
    private func learner(_ objective: PluginReference = .auto, trees: Int = 60) -> GradientBoosting {
        var learner = GradientBoosting()
        learner.objective = objective
        learner.nEstimators = trees
        learner.earlyStopping = false
        return learner
    }

    /// Counts between 0 and about 60 whose mean is a function of the table.
    private func counts(_ score: [Double]) -> [Double] {
        let random = CounterRandom(seed: 2, purpose: "counts")
        return score.indices.map { row in
            let mean = DeterministicMath.exp(score[row] / 3)
            // Knuth's product of uniforms.
            var (product, count) = (random.unit(row * 200), 0.0)
            while product > DeterministicMath.exp(-mean), count < 190 {
                count += 1
                product *= random.unit(row * 200 + Int(count))
            }
            return count
        }
    }

    @Test func `a quantile of 0.9 has nine answers in ten below it`() throws {
        let (table, score) = try Fixture.mixed(3_000)
        for alpha in [0.1, 0.5, 0.9] {
            let model = try Fixture.fit(
                learner(PluginReference("objective.quantile", ["alpha": alpha.json])),
                Fixture.rows(table, Fixture.numbers(score)))
            let prediction = try model.predict(table)
            let below = score.indices.count { score[$0] < prediction.value($0) }
            #expect(abs(Double(below) / 3_000 - alpha) < 0.02, "\(below) of 3000 are below the quantile \(alpha)")
        }
    }

    @Test(
        arguments: [
            ("absolute", [:]), ("quantile", ["alpha": 0.3]), ("huber", ["delta": 0.5]), ("poisson", [:]),
            ("gamma", [:]),
        ] as [(String, [String: JSON])])
    func `the bytes depend on neither threads, kernels nor the order of the rows`(
        _ id: String, _ parameters: [String: JSON]
    ) throws {
        let (table, score) = try Fixture.mixed(2_000)
        let target = counts(score).map { id == "gamma" ? $0 + 0.5 : $0 }
        let weights = target.indices.map { 0.25 + Double($0 % 7) }
        let learner = learner(PluginReference("objective.\(id)", parameters), trees: 12)
        let first = try Fixture.bytes(
            Fixture.fit(learner, Fixture.rows(table, Fixture.numbers(target), weights: weights)))
        let order = CounterRandom(seed: 1, purpose: "order").permutation(2_000)
        let shuffled = Fixture.rows(
            try table.rows(order), Fixture.numbers(target).rows(order), weights: order.map { weights[$0] },
            ids: order.map(Int64.init))
        #expect(try Fixture.bytes(Fixture.fit(learner, shuffled)) == first)
        let other = try Fixture.context(threads: 1, backend: .swift)
        #expect(
            try Fixture.bytes(
                Fixture.fit(learner, Fixture.rows(table, Fixture.numbers(target), weights: weights), other)) == first)
    }

    /// Steps of Newton's method are never longer than delta; the leaves' own minimum is.
    @Test func `Huber's loss learns a target whose unit is far from delta`() throws {
        let (table, score) = try Fixture.mixed(1_500)
        let target = score.map { $0 * 1e6 }
        let model = try Fixture.fit(
            learner(PluginReference("objective.huber")), Fixture.rows(table, Fixture.numbers(target)))
        let prediction = try model.predict(table)
        let error = target.indices.reduce(0) { $0 + abs(prediction.value($1) - target[$1]) } / 1_500
        let spread = target.reduce(0) { $0 + abs($1) } / 1_500
        #expect(error < 0.3 * spread, "the mean error is \(error), the mean size \(spread)")
    }

    @Test func `Poisson and gamma answers are means, restored without the objective`() throws {
        let (table, score) = try Fixture.mixed(2_000)
        let target = counts(score)
        for (id, values) in [("poisson", target), ("gamma", target.map { $0 + 0.5 })] {
            let model = try Fixture.fit(
                learner(PluginReference("objective.\(id)")), Fixture.rows(table, Fixture.numbers(values)))
            let prediction = try model.predict(table)
            let mean = (0..<2_000).reduce(0) { $0 + prediction.value($1) } / 2_000
            let truth = values.reduce(0, +) / 2_000
            // Shrunken trees have not come all the way, and a gamma fit balances ratios, not sums.
            #expect(abs(mean / truth - 1) < 0.1, "\(id): the mean answer is \(mean), the mean count \(truth)")
            let restored = try GradientBoosting.restoring(model.state()).predict(table)
            #expect((0..<2_000).allSatisfy { restored.value($0) == prediction.value($0) && prediction.value($0) > 0 })
        }
    }

    @Test func `costs move answers to the cheaper class`() throws {
        let (table, score) = try Fixture.mixed(2_000)
        let random = CounterRandom(seed: 4, purpose: "costs")
        let codes = score.indices.map { random.unit($0) < 1 / (1 + DeterministicMath.exp(-score[$0])) ? 1 : 0 }
        let rows = Fixture.rows(table, Fixture.classes(codes, ["a", "b"]))
        let costs: [[Double]] = [[0, 10], [1, 0]]
        func cost(_ objective: PluginReference) throws -> Double {
            let prediction = try Fixture.fit(learner(objective, trees: 20), rows).predict(table)
            return codes.indices.reduce(0) { $0 + costs[codes[$1]][prediction.classIndex($1)] }
        }
        let careful = try cost(PluginReference("objective.cost_sensitive", ["costs": costs.json]))
        #expect(try careful < 0.7 * cost(.auto))
    }

    @Test func `class weights are the rows' weights`() throws {
        let (table, score) = try Fixture.mixed(900)
        let codes = score.map { $0 > 2 ? 1 : 0 }
        let target = Fixture.classes(codes, ["no", "yes"])
        var weighted = learner(trees: 10)
        weighted.classWeight = .labels(["yes": 3])
        let plain = try Fixture.fit(
            learner(trees: 10), Fixture.rows(table, target, weights: codes.map { $0 == 1 ? 3 : 1 }))
        #expect(try Fixture.bytes(Fixture.fit(weighted, Fixture.rows(table, target))) == Fixture.bytes(plain))
        // scikit-learn: rows / (classes · rows of the class).
        let positive = Double(codes.reduce(0, +))
        weighted.classWeight = .balanced
        let factors = try weighted.classWeight.factors(for: target, weights: nil)
        #expect(factors == [900 / (2 * (900 - positive)), 900 / (2 * positive)])
        let balanced = try Fixture.fit(weighted, Fixture.rows(table, target))
        #expect(abs(balanced.initialScores[0]) < 1e-12, "balanced classes have even odds before the first tree")
    }

    @Test func `class weights that do not fit are refused`() throws {
        let (table, score) = try Fixture.mixed(100)
        let target = Fixture.classes(score.map { $0 > 1 ? 1 : 0 }, ["no", "yes"])
        func message(_ weight: ClassWeight, _ target: Target) throws -> String {
            var learner = learner(trees: 3)
            learner.classWeight = weight
            let error = #expect(throws: ApusError.self) { _ = try Fixture.fit(learner, Fixture.rows(table, target)) }
            return error?.description ?? ""
        }
        #expect(try message(.labels(["yess": 2]), target).contains("no label 'yess'. Did you mean 'yes'?"))
        #expect(try message(.balanced, Fixture.numbers(score)).contains("class weights need a target of classes"))
        #expect(try message(.labels(["yes": 0, "no": 0]), target).contains("all rows weigh nothing"))
        #expect(try message(.labels(["yes": -1]), target).contains("the weight of label 'yes' is -1"))
        for bad in ["often", ["yes": "x"], 3] as [JSON] { #expect(ClassWeight(json: bad) == nil) }
    }

    @Test func `with squared errors an offset is the same as a shifted target`() throws {
        let (table, score) = try Fixture.mixed(800)
        let shift = score.indices.map { Double($0 % 13) * 5 }
        let offsets = Matrix(Buffer(shift), rows: 800, columns: 1)
        let rows = TrainingRows(
            .table(table), targets: [Fixture.numbers(zip(score, shift).map(+))], offsets: offsets,
            rowIDs: Buffer(0..<800))
        let model = try Fixture.fit(learner(trees: 20), rows)
        let plain = try Fixture.fit(learner(trees: 20), Fixture.rows(table, Fixture.numbers(score)))
        let (with, without) = (
            try model.predict(table, offsets: offsets, in: Fixture.context()), try plain.predict(table)
        )
        // The same trees from gradients that differ in their last bits.
        for row in 0..<800 { #expect(abs(with.value(row) - shift[row] - without.value(row)) < 1e-8) }
    }

    /// The log of the exposure as offset: rates are learned, and answers scale with the exposure.
    @Test(arguments: ["poisson", "gamma", "absolute", "huber"])
    func `the constants beside offsets are best`(_ id: String) throws {
        let (table, score) = try Fixture.mixed(600)
        let exposure = score.indices.map { Double($0 % 5) - 2 }
        let target = score.indices.map {
            DeterministicMath.exp(score[$0] / 4 + (id == "poisson" || id == "gamma" ? exposure[$0] : 0))
        }
        let rows = TrainingRows(
            .table(table), targets: [Fixture.numbers(target)],
            offsets: Matrix(Buffer(exposure), rows: 600, columns: 1), rowIDs: Buffer(0..<600))
        let model = try Fixture.fit(learner(PluginReference("objective.\(id)"), trees: 0), rows)
        let objective = try Fixture.context().registry.objective(PluginReference("objective.\(id)"))
        func loss(_ constant: Double) -> Double {
            exposure.map { $0 + constant }.withUnsafeBufferPointer {
                objective.loss(Fixture.numbers(target), weights: nil, rows: 0..<600, scores: $0, backend: .c)
            }
        }
        let best = loss(model.initialScores[0])
        for change in [-0.3, -0.01, 0.01, 0.3] { #expect(loss(model.initialScores[0] + change) >= best - 1e-9 * best) }
    }

    @Test func `offsets of another width are refused`() throws {
        let (table, score) = try Fixture.mixed(100)
        let rows = TrainingRows(
            .table(table), targets: [Fixture.classes(score.map { $0 > 2 ? 2 : $0 > 0 ? 1 : 0 }, ["a", "b", "c"])],
            offsets: Matrix(Buffer(repeating: 0, count: 100), rows: 100, columns: 1), rowIDs: Buffer(0..<100))
        let error = #expect(throws: ApusError.self) { _ = try Fixture.fit(learner(), rows) }
        #expect(error?.description.contains("there is one offset a row, the objective has 3 scores") == true)
    }
}
