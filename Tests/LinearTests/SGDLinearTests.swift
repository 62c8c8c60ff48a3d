import ApusBuiltins
import ApusCore
import ApusLinear
import Foundation
import Testing

struct SGDLinearTests {
    /// Hands out rows in parts of at most `size`.
    final class Parts: TableStream, @unchecked Sendable {
        let table: Table
        private let size: Int
        private var place = 0

        init(_ table: Table, size: Int) {
            self.table = table
            self.size = size
        }

        var schema: Schema { table.schema }
        var report: ReadReport { ReadReport(format: "parts") }

        func next(columns: [String]?, rows: Int) throws -> Table? {
            let part = place..<min(table.rowCount, place + min(rows, size))
            place = part.upperBound
            return part.isEmpty ? nil : try table.slice(part)
        }

        func rewind() { place = 0 }
    }

    static func context(_ listener: Listener? = nil, threads: Int = 1, backend: Backend = .c) throws -> RunContext {
        RunContext(
            threads: threads, backend: backend, monitors: listener.map { [$0] } ?? [], registry: try Registry.builtin())
    }

    static func learner(_ parameters: [String: JSON]) throws -> SGDLinear { try SGDLinear(parameters: parameters) }

    static func coefficients(_ model: any Model) throws -> [Double] {
        Array(try (try model.state()).elements("coefficients", as: Double.self))
    }

    private static func rows(_ count: Int = 400, _ labels: Int = 2) throws -> TrainingRows {
        let (x, codes) = LogisticRegressionTests.noisy(count, 3, labels)
        return try trainingRows(x, classes(codes, labels))
    }

    struct Golden: Decodable {
        struct Case: Decodable {
            let loss: String
            let parameters: [String: JSON]
            let coefficients: [Double]
        }
        let x: [[Double]]
        let y: [Double]
        let labels: [Int]
        let cases: [Case]
    }

    /// One row a step and the order of the rows: the same operations as scikit-learn's, up to rounding.
    @Test(arguments: Backend.allCases)
    func `steps are those of scikit-learn`(backend: Backend) throws {
        let golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: Folder.golden.appendingPathComponent("sgd.json")))
        #expect(golden.cases.count == 5)
        for wanted in golden.cases {
            let learner = try Self.learner(
                wanted.parameters.merging([
                    "loss": .text("objective.\(wanted.loss)"), "fit_intercept": false, "shuffle": false, "tol": 0,
                    "n_iter_no_change": 1000, "max_iter": 5, "batch_size": 1,
                ]) { $1 })
            let target = wanted.loss == "squared" ? Target.values(Buffer(golden.y)) : classes(golden.labels, 2)
            let state = try learner.fit(
                trainingRows(golden.x, target), from: nil, in: Self.context(backend: backend)
            ).state()
            let name = wanted.parameters["average"] == true ? "mean_coefficients" : "coefficients"
            for (found, value) in zip(try state.elements(name, as: Double.self), wanted.coefficients) {
                #expect(abs(found - value) < 1e-10, "\(wanted.loss): \(found) for \(value)")
            }
        }
    }

    @Test(
        arguments: [[:], ["average": true, "learning_rate": "invscaling"], ["penalty": "elasticnet"]]
            as [[String: JSON]])
    func `continuing equals one longer fit`(parameters: [String: JSON]) throws {
        let rows = try Self.rows()
        func learner(_ epochs: Int) throws -> SGDLinear {
            try Self.learner(
                parameters.merging(["max_iter": epochs.json, "tol": 0, "n_iter_no_change": 1000]) { $1 })
        }
        var model = try learner(2).fit(rows, from: nil, in: Self.context())
        for _ in 0..<3 { model = try learner(2).update(model, with: rows, in: Self.context()) }
        let saved = try SGDLinear.restoring(try model.state())
        model = try learner(2).update(saved, with: rows, in: Self.context(threads: 2))
        let whole = try learner(6).fit(rows, from: nil, in: Self.context())
        #expect(try model.state().tensors == whole.state().tensors)
        #expect(try model.state().json == whole.state().json)
    }

    @Test func `a stream in parts is learned like a table, with as many rows as it hands out`() throws {
        let rows = try Self.rows(500)
        let learner = try Self.learner(["shuffle": false, "batch_size": 10, "max_iter": 20])
        let table = try learner.fit(rows, from: nil, in: Self.context())
        func stream(_ table: Table) throws -> TrainingRows {
            TrainingRows(
                .stream(Parts(table, size: 70)), targets: [try rows.target], rowIDs: rows.rowIDs)
        }
        let parts = try learner.fit(stream(rows.table), from: nil, in: Self.context())
        #expect(try parts.state().tensors == table.state().tensors)
        let short = try stream(try rows.table.slice(0..<300))
        let error = #expect(throws: ApusError.self) { try learner.fit(short, from: nil, in: Self.context()) }
        #expect(error?.description.contains("does not hand out the 500 rows") == true)
    }

    @Test(arguments: [2, 3])
    func `it comes near the minimum of logistic regression`(count: Int) throws {
        let (x, codes) = LogisticRegressionTests.noisy(2000, 5, count)
        let rows = try trainingRows(x, classes(codes, count))
        func loss(_ model: any Model) throws -> Double {
            let prediction = try model.predict(rows.table)
            return codes.indices.reduce(0.0) { $0 - log(prediction.values[$1, codes[$1]]) } / 2000
        }
        var regression = LogisticRegression()
        regression.c = 1e4
        let exact = try loss(try regression.fit(rows, from: nil, in: Self.context()))
        let found = try loss(try Self.learner(["tol": 1e-5, "alpha": 1e-7]).fit(rows, from: nil, in: Self.context()))
        #expect(found < exact * 1.003)
    }

    @Test(arguments: ["squared", "huber", "absolute", "poisson"])
    func `any objective is descended`(objective: String) throws {
        let x = LinearRegressionTests.draws(5, 1000, 3)
        let noise = LinearRegressionTests.draws(6, 1000, 1)
        let isCount = objective == "poisson"
        let y = zip(x, noise).map { isCount ? exp($0[0] - $0[1]) : 3 + 2 * $0[0] - $0[1] + 0.1 * $1[0] }
        let model = try Self.learner(["loss": .text("objective.\(objective)"), "tol": 1e-6]).fit(
            trainingRows(x, .values(Buffer(y))), from: nil, in: Self.context())
        let prediction = try model.predict(numberTable(x, width: 3))
        let error = y.indices.reduce(0.0) { $0 + abs(prediction.value($1) - y[$1]) } / 1000
        #expect(error < 0.08)
    }

    @Test func `an L1 penalty leaves features out`() throws {
        let x = LinearRegressionTests.draws(5, 1000, 10)
        let rows = try trainingRows(x, .values(Buffer(x.map { 2 * $0[0] })))
        let model = try Self.learner(["penalty": "l1", "alpha": 0.05]).fit(rows, from: nil, in: Self.context())
        let found = try Self.coefficients(model)
        #expect(found[0] > 1 && found.dropFirst().count { $0 == 0 } >= 7)
    }

    @Test func `several labels at once are learned each by itself`() throws {
        let x = LinearRegressionTests.draws(5, 600, 2)
        let flags = x.flatMap { [UInt8($0[0] > 0 ? 1 : 0), UInt8($0[1] > 0.2 ? 1 : 0)] }
        let rows = try trainingRows(x, .flags(Buffer(flags), labels: ["a", "b"]))
        let model = try Self.learner([:]).fit(rows, from: nil, in: Self.context())
        let prediction = try model.predict(numberTable(x, width: 2))
        let right = flags.indices.count { (prediction.values[$0 / 2, $0 % 2] > 0.5) == (flags[$0] == 1) }
        #expect(right > 1150)
    }

    @Test func `a rate that diverges is an error, or leaves the best, and says where`() throws {
        let x = LinearRegressionTests.draws(5, 200, 2)
        let rows = try trainingRows(x, .values(Buffer(x.map { $0[0] })))
        let error = #expect(throws: ApusError.self) {
            try Self.learner(["eta0": 1e6]).fit(rows, from: nil, in: Self.context())
        }
        #expect(error?.description.contains("diverged in epoch 1, step") == true)
        let listener = Listener()
        let model = try Self.learner([
            "eta0": 8, "learning_rate": "constant", "batch_size": 200, "n_iter_no_change": 100,
        ]).fit(
            rows, from: nil, in: Self.context(listener))
        #expect(listener.warnings.contains { $0.contains("diverged") && $0.contains("is kept") })
        #expect(try Self.coefficients(model).allSatisfy { $0.isFinite })
    }

    @Test func `the adaptive rate is lowered where the loss diverges`() throws {
        // One row in a hundred stands a hundred deviations off, as a rare category does once it is scaled.
        let x = LinearRegressionTests.draws(5, 2000, 2).enumerated().map { row, x in
            [x[0], row % 100 == 7 ? 100 + x[1] : 0]
        }
        let rows = try trainingRows(x, .values(Buffer(x.map { 3 * $0[0] - 0.02 * $0[1] })))
        let listener = Listener()
        let learner = try Self.learner(["alpha": 1e-9, "tol": 0, "max_iter": 1000])
        let model = try learner.fit(rows, from: nil, in: Self.context(listener))
        #expect(listener.warnings.contains { $0.contains("diverged: learning starts again") })
        let coefficients = try Self.coefficients(model)
        #expect(abs(coefficients[0] - 3) < 0.05, "\(coefficients)")
        #expect(abs(coefficients[1] + 0.02) < 0.005, "\(coefficients)")
    }

    @Test(arguments: [1.0, 1e3, 1e4])
    func `however high the adaptive rate starts, it falls far enough to end at the optimum`(eta0: Double) throws {
        let x = LinearRegressionTests.draws(5, 480, 4).map { $0.map { 3 * $0 } }
        let rows = try trainingRows(
            x.map { Array($0.dropLast()) }, .values(Buffer(x.map { 4 * $0[0] - 3 * $0[1] + $0[2] + $0[3] })))
        let fits = try [0.1, eta0].map { eta0 in
            let learner = try Self.learner(["eta0": .number(eta0), "alpha": 1e-9])
            return try Self.coefficients(learner.fit(rows, from: nil, in: Self.context()))
        }
        // The noise of a batch leaves about 0.06 at the rate that first does not diverge.
        for (low, high) in zip(fits[0], fits[1]) { #expect(abs(low - high) < 0.01, "\(fits)") }
    }

    @Test func `a loss that still falls where the epochs end is told`() throws {
        let x = LinearRegressionTests.draws(5, 200, 2)
        let rows = try trainingRows(x, .values(Buffer(x.map { 4 * $0[0] })))
        for (epochs, isTold) in [(2, true), (1000, false)] {
            let listener = Listener()
            let learner = try Self.learner(["max_iter": epochs.json])
            _ = try learner.fit(rows, from: nil, in: Self.context(listener))
            #expect(listener.warnings.contains { $0.contains("try more max_iter") } == isTold)
        }
    }

    @Test func `what is no number is named by column and row`() throws {
        var (x, codes) = LogisticRegressionTests.noisy(300, 3, 2)
        x[250][1] = .nan
        let rows = try trainingRows(x, classes(codes, 2))
        let error = #expect(throws: ApusError.self) { try Self.learner([:]).fit(rows, from: nil, in: Self.context()) }
        #expect(error?.place.contains("column 'x2' row 251") == true && error?.remedy.contains("impute") == true)
        let stream = TrainingRows(
            .stream(Parts(try rows.table, size: 100)), targets: [try rows.target], rowIDs: rows.rowIDs)
        let inPart = #expect(throws: ApusError.self) {
            try Self.learner([:]).fit(stream, from: nil, in: Self.context())
        }
        #expect(inPart?.place == "the part from row 201: column 'x2' row 51")
    }
}
