import ApusCore
import ApusLinear
import Foundation
import Testing

/// Whole coefficient arrays against scikit-learn's; `Tests/Golden/linear/generate.py` made them.
struct GoldenTests {
    struct Golden: Decodable {
        struct Case: Decodable {
            let coefficients: [[Double]]
            let intercepts: [Double]
            let prediction: [[Double]]
        }

        let x: [[Double]]
        let y: [Double]
        let weights: [Double]
        let binary: [Int]
        let classes: [Int]
        let cases: [String: Case]

        static func load() throws -> Golden {
            try JSONDecoder().decode(
                Golden.self, from: Data(contentsOf: Folder.golden.appendingPathComponent("scikit_learn.json")))
        }
    }

    static let regressions: [(name: String, alpha: Double, fitIntercept: Bool, isWeighted: Bool)] = [
        ("ols", 0, true, false), ("ols_weighted", 0, true, true), ("ols_no_intercept", 0, false, false),
        ("ridge", 2.5, true, false), ("ridge_weighted", 2.5, true, true),
    ]

    @Test(arguments: regressions, LinearRegression.Solver.allCases)
    func `linear regression equals scikit-learn's`(
        setting: (name: String, alpha: Double, fitIntercept: Bool, isWeighted: Bool), solver: LinearRegression.Solver
    ) throws {
        let golden = try Golden.load()
        let expected = try #require(golden.cases[setting.name])
        var learner = LinearRegression()
        learner.alpha = setting.alpha
        learner.fitIntercept = setting.fitIntercept
        learner.solver = solver
        let rows = try trainingRows(
            golden.x, .values(Buffer(golden.y)), weights: setting.isWeighted ? golden.weights : nil)
        let model = try linear(try learner.fit(rows, from: nil, in: try context()))
        // Both are backward stable; the condition of the scaled columns costs two digits at most.
        try compare(model, with: expected, golden.x, tolerance: 1e-9)
    }

    static let classifications: [(name: String, c: Double, isBinary: Bool, isWeighted: Bool, isBalanced: Bool)] = [
        ("binary", 1, true, false, false), ("binary_weighted", 0.3, true, true, false),
        ("binary_balanced", 1, true, false, true), ("binary_no_intercept", 1, true, false, false),
        ("softmax", 1, false, false, false), ("softmax_weighted", 0.3, false, true, false),
        ("softmax_balanced", 1, false, false, true),
    ]

    @Test(arguments: classifications, Backend.allCases)
    func `logistic regression equals scikit-learn's`(
        setting: (name: String, c: Double, isBinary: Bool, isWeighted: Bool, isBalanced: Bool), backend: Backend
    ) throws {
        let golden = try Golden.load()
        let expected = try #require(golden.cases[setting.name])
        var learner = LogisticRegression()
        learner.c = setting.c
        learner.fitIntercept = !setting.name.hasSuffix("no_intercept")
        learner.classWeight = setting.isBalanced ? .balanced : .none
        learner.tol = 1e-12
        let rows = try trainingRows(
            golden.x, setting.isBinary ? classes(golden.binary, 2) : classes(golden.classes, 3),
            weights: setting.isWeighted ? golden.weights : nil)
        let model = try linear(try learner.fit(rows, from: nil, in: try context(backend: backend)))
        // At the minimum the value is flat: half the digits of the gradient are what both searches reach.
        try compare(model, with: expected, golden.x, tolerance: 1e-6)
    }

    private func compare(
        _ model: LinearModel, with expected: Golden.Case, _ x: [[Double]], tolerance: Double
    ) throws {
        #expect(model.coefficients.count == expected.coefficients.count)
        for (found, wanted) in zip(model.coefficients.joined(), expected.coefficients.joined()) {
            #expect(abs(found - wanted) <= tolerance * abs(wanted) + tolerance * 1e-3, "\(found) for \(wanted)")
        }
        for (found, wanted) in zip(model.intercepts, expected.intercepts) {
            #expect(abs(found - wanted) <= 10 * tolerance * max(abs(wanted), 1), "\(found) for \(wanted)")
        }
        let prediction = try model.predict(numberTable(Array(x.prefix(10)), width: x[0].count))
        for (row, wanted) in expected.prediction.enumerated() {
            for (output, value) in wanted.enumerated() {
                #expect(abs(prediction.values[row, output] - value) <= tolerance * max(abs(value), 1))
            }
        }
    }
}
