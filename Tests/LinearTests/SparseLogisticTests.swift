import ApusCore
import ApusKernels
import ApusLinear
import Foundation
import Testing

struct SparseLogisticTests {
    /// The greatest distance of a subgradient of `c · Σ loss + penalties` from zero, a row, by its definition.
    static func violation(
        _ model: LinearModel, _ x: [[Double]], _ codes: [Int], c: Double, l1Ratio: Double
    ) throws -> Double {
        let prediction = try model.predict(numberTable(x, width: x[0].count))
        var greatest = 0.0
        for (score, coefficients) in model.coefficients.enumerated() {
            let label = model.coefficients.count == 1 ? 1 : score
            for (column, coefficient) in coefficients.enumerated() {
                var slope = (1 - l1Ratio) * coefficient
                for row in codes.indices {
                    slope += c * (prediction.values[row, label] - (codes[row] == label ? 1 : 0)) * x[row][column]
                }
                let distance =
                    coefficient == 0 ? abs(slope) - l1Ratio : abs(slope + (coefficient > 0 ? l1Ratio : -l1Ratio))
                greatest = max(greatest, distance / c / Double(codes.count))
            }
        }
        return greatest
    }

    @Test(arguments: [(300, 5, 2), (40, 80, 2), (25, 3000, 2), (200, 6, 4), (30, 200, 3)], [1, 0.5])
    func `no coefficient can be moved to a lower objective`(
        shape: (rows: Int, columns: Int, classes: Int), l1Ratio: Double
    ) throws {
        let (x, codes) = LogisticRegressionTests.noisy(shape.rows, shape.columns, shape.classes)
        for backend in Backend.allCases {
            let listener = Listener()
            let model = try LogisticRegressionTests.fit(
                x, classes(codes, shape.classes), context(threads: 3, backend: backend, listener)
            ) { ($0.penalty, $0.l1Ratio, $0.c) = (.elasticnet, l1Ratio, 0.5) }
            // tol is 1e-6 on columns of deviation 0.6.
            #expect(try Self.violation(model, x, codes, c: 0.5, l1Ratio: l1Ratio) <= 1e-6)
            #expect(listener.warnings.isEmpty)
            let used = model.coefficients.joined().count { $0 != 0 }
            #expect(used > 0 && (shape.columns < 50 || used < shape.columns * shape.classes / 2))
        }
    }

    @Test func `more coefficients than one step moves are reached by several`() throws {
        // With 26 classes 2,340 of them, nearly all in use.
        let (x, codes) = LogisticRegressionTests.noisy(400, 90, 26)
        let model = try LogisticRegressionTests.fit(x, classes(codes, 26), context()) {
            ($0.penalty, $0.l1Ratio, $0.c) = (.elasticnet, 0.01, 0.1)
        }
        #expect(model.coefficients.joined().count { $0 != 0 } > 2048)
        #expect(try Self.violation(model, x, codes, c: 0.1, l1Ratio: 0.01) <= 1e-6)
    }

    @Test func `threads change no bit`() throws {
        let (x, codes) = LogisticRegressionTests.noisy(6000, 20, 3)
        let models = try [1, 2, 5].map {
            try LogisticRegressionTests.fit(x, classes(codes, 3), context(threads: $0)) { $0.penalty = .l1 }
        }
        for model in models.dropFirst() {
            #expect(model.coefficients == models[0].coefficients && model.intercepts == models[0].intercepts)
        }
    }

    @Test(arguments: [2, 3]) func `a weight of two is a row that stands there twice`(count: Int) throws {
        let (x, codes) = LogisticRegressionTests.noisy(200, 4, count)
        let repeated = (0..<200).flatMap { [Int](repeating: $0, count: $0 % 3) }
        let change: (inout LogisticRegression) -> Void = { ($0.penalty, $0.tol) = (.elasticnet, 1e-11) }
        let weighted = try LogisticRegressionTests.fit(
            x, classes(codes, count), weights: (0..<200).map { Double($0 % 3) }, context(), change)
        let plain = try LogisticRegressionTests.fit(
            repeated.map { x[$0] }, classes(repeated.map { codes[$0] }, count), context(), change)
        for (a, b) in zip(weighted.coefficients.joined(), plain.coefficients.joined()) { #expect(abs(a - b) < 1e-8) }
    }

    @Test func `badly conditioned columns cost no more iterations than others`() throws {
        let (plain, codes) = LogisticRegressionTests.noisy(2000, 6, 2)
        // Columns that are nearly one another: the condition is about 1e6.
        let x = plain.map { row in row.indices.map { row[0] + pow(10, -Double($0)) * row[$0] * 10 } }
        let (good, bad) = (Listener(), Listener())
        _ = try LogisticRegressionTests.fit(plain, classes(codes, 2), context(good)) { $0.penalty = .none }
        let model = try LogisticRegressionTests.fit(x, classes(codes, 2), context(bad)) { $0.penalty = .none }
        #expect(bad.steps <= good.steps + 3 && bad.warnings.isEmpty)
        let prediction = try model.predict(numberTable(x, width: 6))
        let straight = try LogisticRegressionTests.fit(plain, classes(codes, 2), context()) { $0.penalty = .none }
        let expected = try straight.predict(numberTable(plain, width: 6))
        // Without a penalty the answers do not hang on how the columns are mixed.
        for row in 0..<2000 { #expect(abs(prediction.value(row) - expected.value(row)) < 1e-5) }
    }
}
