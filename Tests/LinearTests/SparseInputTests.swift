import ApusCore
import ApusLinear
import ApusObjectives
import Foundation
import Testing

/// Linear models on vectors against scikit-learn's on scipy's sparse rows (`Tests/Golden/sparse/generate.py`), and against
/// themselves on the same numbers as columns.
struct SparseInputTests {
    struct Golden: Decodable {
        struct Case: Decodable {
            var coefficients: [[Double]]?
            var intercepts: [Double]?
            var answers: [Double]?
        }

        var width: Int
        var offsets: [Int64]
        var indices: [Int32]
        var values: [Double]
        var weights: [Double]
        var binary: [Int]
        var classes: [Int]
        var y: [Double]
        var cases: [String: Case]

        static func load() throws -> Golden {
            let folder = Folder.package.appendingPathComponent("Tests/Golden/sparse")
            return try JSONDecoder().decode(
                Golden.self, from: Data(contentsOf: folder.appendingPathComponent("scikit_learn.json")))
        }

        var rows: SparseRows {
            get throws { try SparseRows(width: width, offsets: offsets, indices: indices, values: values) }
        }
    }

    /// How the same numbers stand in a table.
    enum Layout: CaseIterable {
        case vector
        /// Columns before and behind two vectors.
        case mixed
        case columns

        func table(_ x: SparseRows) throws -> Table {
            func part(_ range: Range<Int>) throws -> Column {
                var (offsets, indices, values): ([Int64], [Int32], [Double]) = ([0], [], [])
                for row in 0..<x.count {
                    for column in range where x[row, column] != 0 {
                        indices.append(Int32(column - range.lowerBound))
                        values.append(x[row, column])
                    }
                    offsets.append(Int64(indices.count))
                }
                return Column(
                    .vector(
                        try SparseRows(width: range.count, offsets: offsets, indices: indices, values: values)))
            }
            func number(_ column: Int) -> (name: String, column: Column) {
                ("c\(column)", Column((0..<x.count).map { x[$0, column] }))
            }
            switch self {
            case .vector: return try Table(["x": Column(.vector(x))])
            case .columns: return try Table((0..<x.width).map(number))
            case .mixed:
                return try Table(
                    [number(0), number(1), ("v", try part(2..<20)), number(20), ("w", try part(21..<x.width))])
            }
        }
    }

    private static func learner(_ name: String) throws -> any Learner {
        let parts = name.split(separator: "_")
        let isOpen = name.hasSuffix("no_intercept")
        switch parts[0] {
        case "ridge": return try Ridge(parameters: ["alpha": 2.5, "fit_intercept": .flag(!isOpen)])
        case "lasso":
            return try Lasso(
                parameters: [
                    "alpha": name == "lasso_positive" ? 0.05 : isOpen ? 0.3 : 0.1, "fit_intercept": .flag(!isOpen),
                    "positive": .flag(name == "lasso_positive"), "tol": 1e-12, "max_iter": 100_000,
                ])
        case "elastic":
            return try ElasticNet(
                parameters: ["alpha": 0.1, "l1_ratio": 0.4, "tol": 1e-12, "max_iter": 100_000])
        default:
            let penalty = name.hasSuffix("_l1") ? "l1" : name.hasSuffix("elastic_net") ? "elasticnet" : "l2"
            return try LogisticRegression(
                parameters: [
                    "c": penalty == "l2" ? 0.7 : 1.5, "penalty": .text(penalty), "l1_ratio": 0.4, "tol": 1e-12,
                    "max_iter": 10_000,
                ])
        }
    }

    private static func target(_ name: String, _ golden: Golden) -> Target {
        if name.hasPrefix("logistic") { return classes(golden.binary, 2) }
        return name.hasPrefix("multinomial") ? classes(golden.classes, 3) : .values(Buffer(golden.y))
    }

    private static func rows(_ table: Table, _ target: Target, weights: [Double]? = nil) -> TrainingRows {
        TrainingRows(
            .table(table), targets: [target], weights: weights.map { Buffer($0) },
            rowIDs: Buffer((0..<target.count).map(Int64.init)))
    }

    static let names = [
        "ridge", "ridge_weighted", "ridge_no_intercept", "lasso", "lasso_weighted", "lasso_positive",
        "lasso_no_intercept", "elastic_net", "logistic", "logistic_weighted", "multinomial", "logistic_l1",
        "logistic_elastic_net", "multinomial_l1",
    ]

    /// Tolerance 1e-6 of the largest coefficient: the references stop at gaps of 1e-14, which leave half of the digits.
    @Test("coefficients equal scikit-learn's on sparse rows", arguments: names, Backend.allCases)
    func golden(name: String, backend: Backend) throws {
        let golden = try Golden.load()
        let expected = try #require(golden.cases[name])
        let coefficients = try #require(expected.coefficients)
        let largest = coefficients.joined().reduce(0) { max($0, abs($1)) }
        for layout in [Layout.vector, .mixed] {
            let table = try layout.table(golden.rows)
            let rows = Self.rows(
                table, Self.target(name, golden), weights: name.hasSuffix("weighted") ? golden.weights : nil)
            let model = try linear(
                try Self.learner(name).fit(rows, from: nil, in: try context(backend: backend)))
            for (found, wanted) in zip(model.coefficients.joined(), coefficients.joined()) {
                #expect(abs(found - wanted) <= 1e-6 * largest, "\(layout): \(found) for \(wanted)")
                if name.contains("l1") || name.contains("lasso") { #expect((found == 0) == (wanted == 0)) }
            }
            let intercepts = try #require(expected.intercepts)
            // The same number added to all intercepts of a softmax changes nothing.
            let differences = zip(intercepts, model.intercepts).map { $0 - $1 }
            let shift = intercepts.count > 1 ? differences.reduce(0, +) / Double(intercepts.count) : 0
            for (found, wanted) in zip(model.intercepts, intercepts) {
                #expect(abs(found - (wanted - shift)) <= 1e-5 * max(1, abs(wanted)), "\(layout)")
            }
        }
    }

    /// Tolerance 1e-7 of the answers' spread: both solve to more digits than that, the optimum is the same.
    @Test(arguments: names + ["ols"]) func `vectors, columns and both together teach the same`(name: String) throws {
        let golden = try Golden.load()
        let learner: any Learner = name == "ols" ? LinearRegression() : try Self.learner(name)
        let weights = name.hasSuffix("weighted") ? golden.weights : nil
        let models = try Layout.allCases.map { layout in
            try linear(
                try learner.fit(
                    Self.rows(layout.table(golden.rows), Self.target(name, golden), weights: weights), from: nil,
                    in: try context()))
        }
        let answers = try zip(models, Layout.allCases).map { try $0.predict($1.table(golden.rows)).values.elements }
        let spread = (answers[2].max() ?? 0) - (answers[2].min() ?? 0)
        for layout in 0..<2 {
            for (found, wanted) in zip(answers[layout], answers[2]) {
                #expect(abs(found - wanted) <= 1e-7 * max(1, spread), "\(Layout.allCases[layout])")
            }
        }
        for (found, wanted) in zip(answers[0], golden.cases[name]?.answers ?? []) {
            #expect(abs(found - wanted) <= 1e-7 * spread)
        }
        // One importance and one contribution a column, a vector as a whole; contributions sum to the score.
        for (model, layout) in zip(models, Layout.allCases) {
            let table = try layout.table(golden.rows)
            #expect(model.importance["coefficient"]?.count == table.columns.count)
            let explained = try model.contributions(table, in: RunContext())
            #expect(explained.count == model.intercepts.count)
            let first = try models[2].contributions(Layout.columns.table(golden.rows), in: RunContext())
            for row in 0..<explained[0].rows {
                let sums = [explained[0], first[0]].map { $0.row(row).reduce(0, +) }
                #expect(abs(sums[0] - sums[1]) <= 1e-6 * max(1, abs(sums[1])))
            }
        }
    }

    static let descents: [[String: JSON]] = [
        [:], ["penalty": "none"], ["penalty": "l1", "alpha": 0.003], ["penalty": "elasticnet", "alpha": 0.01],
        ["average": true, "alpha": 0.01], ["alpha": 30, "eta0": 0.01], ["alpha": 150, "eta0": 0.01],
        ["learning_rate": "invscaling", "batch_size": 7],
    ]

    /// The same steps in the same order: what differs is when the penalties are made up for, a rounding a step.
    @Test(arguments: descents) func `stochastic descent takes the same steps along vectors`(
        parameters: [String: JSON]
    ) throws {
        let golden = try Golden.load()
        let settings = parameters.merging(["max_iter": 12, "tol": 0]) { $1 }
        for target in [classes(golden.classes, 3), classes(golden.binary, 2)] {
            let answers = try Layout.allCases.map { layout in
                let table = try layout.table(golden.rows)
                var knowing = try context(seed: 3)
                try knowing.registry.register(ObjectivesBundle.self)
                let model = try SGDLinear(parameters: settings).fit(
                    Self.rows(table, target, weights: golden.weights), from: nil, in: knowing)
                return try model.predict(table).values.elements
            }
            for layout in 0..<2 {
                for (found, wanted) in zip(answers[layout], answers[2]) { #expect(abs(found - wanted) <= 1e-10) }
            }
        }
    }

    @Test(arguments: ["logistic", "logistic_l1", "multinomial", "ridge", "lasso"])
    func `threads do not change a bit`(name: String) throws {
        // Enough entries for several chunks of sums.
        let random = CounterRandom(seed: 2, purpose: "test")
        let count = 6_000
        var (offsets, indices, values): ([Int64], [Int32], [Double]) = ([0], [], [])
        for row in 0..<count {
            for place in 0..<40 {
                indices.append(Int32(place * 5 + random.below(5, row * 80 + place)))
                values.append(random.unit(row * 80 + 40 + place))
            }
            offsets.append(Int64(indices.count))
        }
        let x = try SparseRows(width: 200, offsets: offsets, indices: indices, values: values)
        let target: Target =
            switch name {
            case "ridge", "lasso": .values(Buffer((0..<count).map { x[$0, 3] + random.unit(9_999_999 + $0) }))
            case "multinomial": classes((0..<count).map { random.below(3, 9_999_999 + $0) }, 3)
            default: classes((0..<count).map { random.below(2, 9_999_999 + $0) }, 2)
            }
        let learner: any Learner =
            switch name {
            case "lasso": try Lasso(parameters: ["alpha": 0.001])
            case "ridge": Ridge()
            default:
                try LogisticRegression(
                    parameters: ["penalty": name.hasSuffix("l1") ? "l1" : "l2", "c": 0.05, "tol": 1e-4])
            }
        let states = try [1, 2, 5].map { threads in
            try learner.fit(
                Self.rows(Table(["x": Column(.vector(x))]), target), from: nil, in: try context(threads: threads)
            ).state()
        }
        for state in states { #expect(state.tensors == states[0].tensors) }
    }

    @Test func `what vectors cannot give is named`() throws {
        let x = try SparseRows(width: 3, offsets: [0, 1, 2, 3], indices: [0, 1, 2], values: [1e200, -1e200, 1])
        func message(_ table: Table, _ learner: any Learner) -> String {
            do {
                _ = try learner.fit(Self.rows(table, .values(Buffer([1, 2, 4]))), from: nil, in: try context())
                return "it was learned"
            } catch {
                return "\(error)"
            }
        }
        #expect(
            message(try Table(["x": Column(.vector(x))]), Ridge()).contains("column 'x#0': the values are too large"))
        let gap = Column(.vector(x), validity: Bitmap(count: 3) { $0 != 1 })
        #expect(message(try Table(["x": gap]), Ridge()).contains("column 'x' row 2: a value is missing"))
    }
}
