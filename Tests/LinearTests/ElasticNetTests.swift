import ApusCore
import ApusKernels
import ApusLinear
import Foundation
import Testing

struct ElasticNetTests {
    static func fit(
        _ x: [[Double]], _ y: [Double], weights: [Double]? = nil, _ listener: Listener? = nil, threads: Int = 1,
        backend: Backend = .c, _ change: (inout ElasticNet) -> Void = { _ in }
    ) throws -> LinearModel {
        var learner = ElasticNet()
        change(&learner)
        return try linear(
            try learner.fit(
                trainingRows(x, .values(Buffer(y)), weights: weights), from: nil,
                in: context(threads: threads, backend: backend, listener)))
    }

    /// The greatest distance of a subgradient of the objective from zero, straight from its definition.
    static func violation(
        _ model: LinearModel, _ x: [[Double]], _ y: [Double], weights: [Double]? = nil, alpha: Double, l1Ratio: Double
    ) throws -> Double {
        let prediction = try model.predict(numberTable(x, width: x[0].count))
        let total = weights?.reduce(0, +) ?? Double(y.count)
        return model.coefficients[0].enumerated().reduce(0.0) { greatest, pair in
            let (column, coefficient) = pair
            var slope = alpha * (1 - l1Ratio) * coefficient
            for row in y.indices {
                slope += (weights?[row] ?? 1) * (prediction.value(row) - y[row]) * x[row][column] / total
            }
            let l1 = alpha * l1Ratio
            return max(greatest, coefficient == 0 ? abs(slope) - l1 : abs(slope + (coefficient > 0 ? l1 : -l1)))
        }
    }

    @Test(arguments: [(50, 8), (400, 90), (30, 60), (25, 5000)], [(0.02, 1.0), (0.1, 0.5), (0.05, 0.0), (1e-4, 0.9)])
    func `no coefficient can be moved to a lower objective`(
        shape: (rows: Int, columns: Int), penalty: (alpha: Double, l1Ratio: Double)
    ) throws {
        let (x, y) = RidgeTests.noisy(shape.rows, shape.columns)
        for backend in Backend.allCases {
            let listener = Listener()
            let model = try Self.fit(x, y, listener, threads: 3, backend: backend) {
                ($0.sparse.alpha, $0.l1Ratio) = (.value(penalty.alpha), penalty.l1Ratio)
            }
            let found = try Self.violation(model, x, y, alpha: penalty.alpha, l1Ratio: penalty.l1Ratio)
            // tol is measured on columns and a target of deviation 1, here 0.6 and 2.
            #expect(found <= 2e-6, "\(backend)")
            #expect(listener.warnings.isEmpty)
        }
    }

    @Test func `a strong penalty leaves the mean, and just under it one coefficient`() throws {
        let (x, y) = RidgeTests.noisy(80, 6)
        let mean = y.reduce(0, +) / 80
        let slopes = (0..<6).map { column in
            let center = x.reduce(0) { $0 + $1[column] } / 80
            return abs(zip(x, y).reduce(0) { $0 + ($1.0[column] - center) * ($1.1 - mean) }) / 80
        }
        let greatest = try #require(slopes.max())
        let none = try Self.fit(x, y) { ($0.sparse.alpha, $0.l1Ratio) = (.value(greatest * 1.000001), 1) }
        #expect(none.coefficients[0].allSatisfy { $0 == 0 } && abs(none.intercepts[0] - mean) < 1e-13)
        let one = try Self.fit(x, y) { ($0.sparse.alpha, $0.l1Ratio) = (.value(greatest * 0.9999), 1) }
        #expect(one.coefficients[0].count { $0 != 0 } == 1)
    }

    @Test(arguments: [1e-12, 1e-6, 1e6, 1e12])
    func `units of the columns do not hinder the search`(scale: Double) throws {
        let (plain, y) = RidgeTests.noisy(80, 4)
        let x = plain.map { [$0[0] * scale, $0[1], $0[2] / scale, $0[3]] }
        let listener = Listener()
        // Strong for one column and weak for the other: the first is left out, the other is as without a penalty.
        let model = try Self.fit(x, y, listener) { ($0.sparse.alpha, $0.l1Ratio) = (0.01, 1) }
        #expect(listener.warnings.isEmpty && model.coefficients[0].allSatisfy { $0.isFinite })
        #expect((model.coefficients[0][0] == 0) == (scale < 1) && (model.coefficients[0][2] == 0) == (scale > 1))
    }

    @Test func `constant, all-zero and equal columns, one row and a constant target`() throws {
        let x = LinearRegressionTests.draws(1, 40, 2).map { [$0[0], 7, 0, $0[1], $0[0]] }
        let y = x.map { 2 * $0[0] - $0[3] + 5 }
        for ratio in [1, 0.5] {
            let model = try Self.fit(x, y) { ($0.sparse.alpha, $0.l1Ratio) = (0.01, ratio) }
            #expect(model.coefficients[0][1] == 0 && model.coefficients[0][2] == 0)
            #expect(try Self.violation(model, x, y, alpha: 0.01, l1Ratio: ratio) < 2e-6)
        }
        #expect(try Self.fit([[3, 4]], [9]).coefficients == [[0, 0]])
        #expect(try Self.fit(x, y.map { _ in 4 }).intercepts == [4])
        #expect(try Self.fit([[], []], [1, 3]).intercepts == [2])
    }

    @Test func `a weight of two is a row that stands there twice`() throws {
        let (x, y) = RidgeTests.noisy(90, 7)
        let weights = (0..<90).map { Double($0 % 3) }
        let repeated = (0..<90).flatMap { [Int](repeating: $0, count: $0 % 3) }
        let weighted = try Self.fit(x, y, weights: weights) { $0.sparse.alpha = 0.1 }
        let plain = try Self.fit(repeated.map { x[$0] }, repeated.map { y[$0] }) { $0.sparse.alpha = 0.1 }
        for (a, b) in zip(weighted.coefficients[0], plain.coefficients[0]) { #expect(abs(a - b) < 1e-12) }
        #expect(try Self.violation(weighted, x, y, weights: weights, alpha: 0.1, l1Ratio: 0.5) < 1e-12)
    }

    @Test(arguments: [(3000, 30), (25, 5000)])
    func `threads change no bit`(shape: (rows: Int, columns: Int)) throws {
        let (x, y) = RidgeTests.noisy(shape.rows, shape.columns)
        let models = try [1, 2, 5].map { try Self.fit(x, y, threads: $0) { $0.sparse.alpha = 0.05 } }
        for model in models.dropFirst() {
            #expect(model.coefficients == models[0].coefficients && model.intercepts == models[0].intercepts)
        }
    }

    @Test func `alpha auto is the strength of least error over the folds`() throws {
        let (x, y) = RidgeTests.noisy(60, 20)
        let rows = try trainingRows(x, .values(Buffer(y)))
        var learner = Lasso()
        (learner.sparse.alpha, learner.sparse.cv, learner.sparse.nAlphas, learner.sparse.eps) = (.auto, 3, 12, 1e-2)
        let model = try linear(try learner.fit(rows, from: nil, in: context(seed: 4)))
        let chosen = try #require(model.choices["alpha"])
        let error = try #require(model.choices["cross_validated_mse"])
        // Neighbours on the grid are no better by the definition of the error.
        let step = pow(1e-2, 1.0 / 11)
        let errors = try RidgeTests.errors(rows, parts: 3, seed: 4, alphas: [chosen, chosen * step, chosen / step]) {
            var learner = Lasso()
            learner.sparse.alpha = .value($0)
            return learner
        }
        #expect(abs(errors[0] - error) <= 1e-6 * error)
        #expect(errors[1] >= errors[0] && errors[2] >= errors[0])
        // Of three columns that matter and seventeen that do not, the first are found.
        #expect(model.coefficients[0].prefix(2).allSatisfy { abs($0) > 1 })
        #expect(model.facts["alpha"] == .number(chosen))
    }

    @Test func `auto without an L1 penalty is refused`() throws {
        let error = #expect(throws: ApusError.self) { try ElasticNet(parameters: ["alpha": "auto", "l1_ratio": 0]) }
        #expect(error?.description.contains("ridge") == true)
    }

    @Test func `too few sweeps are told`() throws {
        let (x, y) = RidgeTests.noisy(100, 3)
        let listener = Listener()
        _ = try Self.fit(x, y, listener) { ($0.sparse.alpha, $0.sparse.maxIter, $0.sparse.tol) = (0.1, 1, 0) }
        #expect(listener.warnings.count == 1 && listener.warnings[0].contains("max_iter"))
    }

    @Test func `a cancelled fit stops in the middle of the choice`() throws {
        let (x, y) = RidgeTests.noisy(100, 10)
        let cancellation = Cancellation()
        let listener = Listener { if $0 == 5 { cancellation.cancel() } }
        var stopped = try context(listener)
        stopped.cancellation = cancellation
        var learner = Lasso()
        learner.sparse.alpha = .auto
        let rows = try trainingRows(x, .values(Buffer(y)))
        let error = #expect(throws: ApusError.self) { try learner.fit(rows, from: nil, in: stopped) }
        #expect(error?.kind == .cancelled && listener.steps == 5)
    }
}
