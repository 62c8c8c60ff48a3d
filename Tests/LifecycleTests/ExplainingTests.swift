import ApusBuiltins
import ApusCore
import ApusLifecycle
import ApusPipeline
import Testing

/// Explanations, permutation importance and dependence, against what their definitions give.
@Suite struct ExplainingTests {
    /// `y = 3 x - 2 z`, and a city that adds 0, 5 or 10; `noise` is left out of it.
    private static func rows(_ count: Int) throws -> (table: Table, truth: [Double]) {
        let random = CounterRandom(seed: 4, purpose: "explaining")
        let columns = (0..<3).map { column in (0..<count).map { random.unit($0 * 3 + column) * 10 } }
        let cities = (0..<count).map { ["Ulm", "Bonn", "Jena"][random.below(3, $0 + 90_000)] }
        let truth = (0..<count).map { row in
            3 * columns[0][row] - 2 * columns[1][row] + (["Ulm": 0, "Bonn": 5, "Jena": 10][cities[row]] ?? 0)
        }
        return (
            try Table([
                ("x", Column(columns[0])), ("z", Column(columns[1])), ("noise", Column(columns[2])),
                ("city", Column(categories: cities)),
            ]), truth
        )
    }

    private static func context(threads: Int = 2) throws -> RunContext {
        RunContext(seed: 5, threads: threads, registry: try Registry.builtin())
    }

    private static func fit(
        _ id: String, _ table: Table, _ target: Target, _ parameters: [String: JSON] = [:]
    ) throws -> FittedPipeline {
        let context = try context()
        let learner = try context.registry.learner(PluginReference(id, parameters))
        let rows = TrainingRows(
            .table(table), targets: [target], rowIDs: Buffer((0..<Int64(table.rowCount)).map { $0 }))
        return try Pipeline.standard(for: learner, registry: context.registry).fit(rows, in: context)
    }

    @Test func `what transforms made of a feature is added up to it, and a row's parts give its answer`() throws {
        let (table, truth) = try Self.rows(300)
        let pipeline = try Self.fit("model.linear_regression", table, .values(Buffer(truth)))
        let explanation = try Explanation(table, by: pipeline, target: "y", in: Self.context())
        #expect(explanation.scores == ["y"])
        for row in 0..<300 {
            #expect(abs(explanation.total(row, score: 0) - truth[row]) < 1e-9)
            let values = explanation.contributions[0].row(row)
            #expect(values.count == 5)
            #expect(abs(values[2]) < 1e-9)
            let city = table.columns[3].text(row)
            let other = (0..<300).first { table.columns[3].text($0) == city } ?? 0
            #expect(abs(values[3] - explanation.contributions[0][other, 3]) < 1e-9)
        }
        // Moving x by one moves its contribution by its slope.
        let (a, b) = (explanation.contributions[0][0, 0], explanation.contributions[0][1, 0])
        let step = (table.columns[0].doubles?[0] ?? 0) - (table.columns[0].doubles?[1] ?? 0)
        #expect(abs((a - b) / step - 3) < 1e-9)
        let parts = explanation.parts(7, score: 0, top: 2)
        #expect(parts.count == 3 && parts[2].feature == nil && parts[2].count == 2)
        #expect(abs(parts[0].contribution) >= abs(parts[1].contribution))
        let sum = parts.reduce(explanation.base(7, score: 0)) { $0 + $1.contribution }
        #expect(abs(sum - truth[7]) < 1e-9)
    }

    @Test func `a model that does not explain says what works instead`() throws {
        let (table, truth) = try Self.rows(30)
        let pipeline = try Self.fit("baseline.zero_rule", table, .values(Buffer(truth)))
        let error = #expect(throws: ApusError.self) {
            try Explanation(table, by: pipeline, target: "y", in: Self.context())
        }
        #expect(error?.remedy.contains("--importance") == true)
    }

    @Test func `permutation importance is what shuffling a column by hand costs`() throws {
        let (table, truth) = try Self.rows(400)
        let pipeline = try Self.fit("model.linear_regression", table, .values(Buffer(truth)))
        let held = HeldOutRows(table: table, target: .values(Buffer(truth)))
        let measure = PermutationImportance(metric: .mae, repeats: 3)
        let found = try measure.measure(pipeline, on: held, in: Self.context())
        let again = try measure.measure(pipeline, on: held, in: Self.context(threads: 1))
        for (one, other) in zip(found.features, again.features) { #expect(one.values == other.values) }
        #expect(found.ranked.map(\.name) == ["x", "z", "city", "noise"])
        #expect(abs(found.features[2].value) < 1e-9)
        let x = try #require(table.columns[0].doubles)
        for repetition in 0..<3 {
            let order = try Self.context().random("permutation_importance.x.\(repetition)").permutation(400)
            let error = (0..<400).reduce(0.0) { $0 + abs(3 * (x[order[$1]] - x[$1])) } / 400
            #expect(abs(found.features[0].values[repetition] - error) < 1e-9)
        }
        let values = found.features[0].values
        #expect(abs(found.features[0].value - values.reduce(0, +) / 3) < 1e-12)
        #expect(throws: ApusError.self) {
            try PermutationImportance(metric: .rocAUC).measure(pipeline, on: held, in: Self.context())
        }
        #expect(throws: ApusError.self) {
            try PermutationImportance(metric: .mae, repeats: 0).measure(pipeline, on: held, in: Self.context())
        }
    }

    @Test func `dependence is the mean answer with the value in every row`() throws {
        let (table, truth) = try Self.rows(500)
        let pipeline = try Self.fit("model.linear_regression", table, .values(Buffer(truth)))
        func dependence(_ names: [String], points: Int = 9) throws -> PartialDependence {
            try PartialDependence(names, points: points, on: table, by: pipeline, target: "y", in: Self.context())
        }
        let curve = try dependence(["x"])
        let numbers = try #require(curve.axes[0].numbers)
        let sorted = try #require(table.columns[0].doubles).sorted()
        #expect(numbers.count == 9 && numbers[0] == sorted[0] && numbers[8] == sorted[499])
        let mean = truth.reduce(0, +) / 500
        let meanX = sorted.reduce(0, +) / 500
        for (point, number) in numbers.enumerated() {
            #expect(abs(curve.means[point, 0] - (mean + 3 * (number - meanX))) < 1e-9)
        }
        let both = try dependence(["city", "x"], points: 3)
        #expect(both.axes.map(\.labels.count) == [3, 3] && both.means.rows == 9)
        let jena = try #require(both.axes[0].labels.firstIndex(of: "Jena"))
        let ulm = try #require(both.axes[0].labels.firstIndex(of: "Ulm"))
        for point in 0..<3 {
            #expect(abs(both.means[jena * 3 + point, 0] - both.means[ulm * 3 + point, 0] - 10) < 1e-9)
        }
        for wrong in [["nobody"], [], ["x", "x"], ["x", "z", "city"]] {
            #expect(throws: ApusError.self) { try dependence(wrong) }
        }
        #expect(throws: ApusError.self) { try dependence(["x"], points: 1) }
    }

    @Test func `dependence of a classifier is a probability of each label`() throws {
        let (table, truth) = try Self.rows(300)
        let codes = Buffer(truth.map { Int32($0 > 15 ? 2 : $0 > 5 ? 1 : 0) })
        let pipeline = try Self.fit(
            "model.gradient_boosting", table, .classes(codes: codes, labels: ["low", "middle", "high"]),
            ["n_estimators": 10])
        let curve = try PartialDependence(
            ["x"], points: 5, on: table, by: pipeline, target: "y", in: Self.context())
        #expect(curve.outputs == ["low", "middle", "high"])
        for point in 0..<curve.means.rows {
            #expect(abs(curve.means.row(point).reduce(0, +) - 1) < 1e-12)
        }
        let last = curve.means.rows - 1
        #expect(curve.means[last, 2] > curve.means[0, 2])
        let explanation = try Explanation(table, by: pipeline, target: "y", in: Self.context())
        #expect(explanation.scores == ["low", "middle", "high"])
        #expect((0..<300).allSatisfy { explanation.score(explaining: $0) == explanation.prediction.classIndex($0) })
    }
}
