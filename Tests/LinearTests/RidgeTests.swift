import ApusCore
import ApusKernels
import ApusLinear
import Testing

struct RidgeTests {
    static func fit(
        _ x: [[Double]], _ y: [Double], alpha: PenaltyStrength, solver: LeastSquaresSolver = .auto
    ) throws -> LinearModel {
        var learner = Ridge()
        (learner.alpha, learner.solver) = (alpha, solver)
        return try linear(try learner.fit(trainingRows(x, .values(Buffer(y))), from: nil, in: context()))
    }

    @Test(arguments: [0.0, 1.0])
    func `20 rows of 10,000 columns are fitted`(alpha: Double) throws {
        let x = LinearRegressionTests.draws(18, 20, 10_000)
        let y = LinearRegressionTests.draws(19, 20, 1).map { $0[0] }
        let model = try Self.fit(x, y, alpha: .value(alpha))
        let prediction = try model.predict(numberTable(x, width: 10_000))
        for row in 0..<20 { #expect(abs(prediction.value(row) - y[row]) < (alpha == 0 ? 1e-11 : 0.01)) }
    }

    @Test(arguments: [0.1, 10]) func `Cholesky, QR and the way for few rows agree`(alpha: Double) throws {
        let x = LinearRegressionTests.draws(7, 25, 10)
        let y = LinearRegressionTests.draws(8, 25, 1).map { $0[0] }
        let ways = try LeastSquaresSolver.allCases.map { try Self.fit(x, y, alpha: .value(alpha), solver: $0) }
        let few = try [LeastSquaresSolver.auto, .qr].map {
            try Self.fit(Array(x.prefix(6)), Array(y.prefix(6)), alpha: .value(alpha), solver: $0)
        }
        for (one, other) in [(ways[0], ways[1]), (ways[1], ways[2]), (few[0], few[1])] {
            for (a, b) in zip(one.coefficients[0], other.coefficients[0]) { #expect(abs(a - b) < 1e-12) }
        }
    }

    /// Rows of a few columns that matter, many that do not, and noise.
    static func noisy(_ rows: Int, _ columns: Int) -> (x: [[Double]], y: [Double]) {
        let x = LinearRegressionTests.draws(31, rows, columns)
        let noise = LinearRegressionTests.draws(32, rows, 1)
        return (x, zip(x, noise).map { 3 * $0[0] - 2 * $0[1] + 0.5 * $0[2] + $1[0] + 1 })
    }

    /// The mean squared error of every strength, by plain fits of the learner on each fold's rows.
    static func errors(
        _ rows: TrainingRows, parts: Int, seed: UInt64, alphas: [Double],
        _ learner: (Double) throws -> any Learner
    ) throws -> [Double] {
        let random = CounterRandom(seed: seed, purpose: "linear.folds")
        let order = (0..<rows.count).sorted { random[Int(rows.rowIDs[$0])] < random[Int(rows.rowIDs[$1])] }
        return try alphas.map { alpha in
            try (0..<parts).map { part in
                let held = order.indices.filter { $0 % parts == part }.map { order[$0] }.sorted()
                let fitted = (0..<rows.count).filter { !held.contains($0) }
                let model = try learner(alpha).fit(rows.rows(fitted), from: nil, in: context())
                guard case .values(let truth) = try rows.target else { return 0 }
                let answers = try model.predict(rows.table.rows(held))
                return held.indices.reduce(0.0) {
                    $0 + (answers.value($1) - truth[held[$1]]) * (answers.value($1) - truth[held[$1]])
                } / Double(held.count)
            }.reduce(0, +) / Double(parts)
        }
    }

    @Test(arguments: [(60, 8), (15, 30)])
    func `alpha auto is the strength of least error over the folds`(shape: (rows: Int, columns: Int)) throws {
        let (x, y) = Self.noisy(shape.rows, shape.columns)
        let rows = try trainingRows(x, .values(Buffer(y)))
        let alphas = [100, 10, 1, 0.1, 0.01]
        let errors = try Self.errors(rows, parts: 4, seed: 9, alphas: alphas) { alpha in
            var learner = Ridge()
            learner.alpha = .value(alpha)
            return learner
        }
        var learner = Ridge()
        (learner.alpha, learner.alphas, learner.cv) = (.auto, alphas, 4)
        let model = try linear(try learner.fit(rows, from: nil, in: context(seed: 9)))
        let least = try #require(errors.indices.min { errors[$0] < errors[$1] })
        #expect(model.choices["alpha"] == alphas[least])
        let found = try #require(model.choices["cross_validated_mse"])
        #expect(abs(found - errors[least]) <= 1e-9 * errors[least])
        let chosen = try Self.fit(x, y, alpha: .value(alphas[least]))
        for (a, b) in zip(model.coefficients[0], chosen.coefficients[0]) { #expect(abs(a - b) < 1e-12) }
    }

    @Test func `folds keep groups together, and too few groups are refused`() throws {
        let (x, y) = Self.noisy(60, 3)
        let groups = Column(categories: (0..<60).map { "group \($0 % 4)" })
        let rows = TrainingRows(
            .table(try numberTable(x, width: 3)), targets: [.values(Buffer(y))], groups: groups,
            rowIDs: Buffer((0..<60).map(Int64.init)))
        let folds = try Folds(rows, count: 4, seed: 3)
        for part in folds.parts { #expect(Set(part.map { $0 % 4 }).count == 1 && part.count == 15) }
        #expect(folds.parts.flatMap(\.self).sorted() == Array(0..<60))
        #expect(folds.others(than: 1).count == 45)
        var learner = Ridge()
        learner.alpha = .auto
        let error = #expect(throws: ApusError.self) { try learner.fit(rows, from: nil, in: context()) }
        #expect(error?.description.contains("4 groups") == true)
    }

    @Test func `auto is a word of the configuration, others are not`() throws {
        #expect(try Ridge(parameters: ["alpha": "auto"]).alpha == .auto)
        #expect(try Ridge(parameters: ["alpha": 2]).alpha == 2)
        for value: JSON in ["automatic", -1, true] {
            #expect(throws: ApusError.self) { try Ridge(parameters: ["alpha": value]) }
        }
        #expect(throws: ApusError.self) { try Ridge(parameters: ["alphas": []]) }
    }
}
