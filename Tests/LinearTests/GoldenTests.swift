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
        let z: [[Double]]
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

    @Test(arguments: regressions, LeastSquaresSolver.allCases)
    func `least squares with and without a penalty equals scikit-learn's`(
        setting: (name: String, alpha: Double, fitIntercept: Bool, isWeighted: Bool), solver: LeastSquaresSolver
    ) throws {
        let golden = try Golden.load()
        let expected = try #require(golden.cases[setting.name])
        var ridge = Ridge()
        (ridge.alpha, ridge.fitIntercept, ridge.solver) = (.value(setting.alpha), setting.fitIntercept, solver)
        var plain = LinearRegression()
        (plain.fitIntercept, plain.solver) = (setting.fitIntercept, solver)
        let rows = try trainingRows(
            golden.x, .values(Buffer(golden.y)), weights: setting.isWeighted ? golden.weights : nil)
        for learner in [ridge] + (setting.alpha == 0 ? [plain] : []) as [any Learner] {
            let model = try linear(try learner.fit(rows, from: nil, in: try context()))
            // Both are backward stable; the condition of the scaled columns costs two digits at most.
            try compare(model, with: expected, golden.x, tolerance: 1e-9)
        }
    }

    static let sparse: [(name: String, alpha: Double, l1Ratio: Double)] = [
        ("lasso", 0.3, 1), ("lasso_weighted", 0.3, 1), ("lasso_no_intercept", 0.3, 1), ("lasso_positive", 0.05, 1),
        ("elastic_net", 0.2, 0.4), ("elastic_net_weighted", 0.2, 0.4), ("elastic_net_positive", 0.05, 0.7),
    ]

    @Test(arguments: sparse, Backend.allCases)
    func `lasso and elastic net equal scikit-learn's`(
        setting: (name: String, alpha: Double, l1Ratio: Double), backend: Backend
    ) throws {
        let golden = try Golden.load()
        let expected = try #require(golden.cases[setting.name])
        var learner = ElasticNet()
        learner.l1Ratio = setting.l1Ratio
        learner.sparse.alpha = .value(setting.alpha)
        learner.sparse.fitIntercept = !setting.name.hasSuffix("no_intercept")
        learner.sparse.positive = setting.name.hasSuffix("positive")
        var lasso = Lasso()
        lasso.sparse = learner.sparse
        let rows = try trainingRows(
            golden.x, .values(Buffer(golden.y)), weights: setting.name.hasSuffix("weighted") ? golden.weights : nil)
        for selection in CoordinateSelection.allCases {
            learner.sparse.selection = selection
            lasso.sparse.selection = selection
            for learner in [learner] + (setting.l1Ratio == 1 ? [lasso] : []) as [any Learner] {
                let model = try linear(try learner.fit(rows, from: nil, in: try context(backend: backend)))
                // The coefficients that are not zero solve linear equations; the reference descends to a gap of 1e-15,
                // which leaves half of its digits.
                try compare(model, with: expected, golden.x, tolerance: 1e-8)
                for (found, wanted) in zip(model.coefficients[0], expected.coefficients[0]) {
                    #expect((found == 0) == (wanted == 0))
                }
            }
        }
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
        // The gradient is zero to its last digits in variables in which the curvature is about 1.
        try compare(model, with: expected, golden.x, tolerance: 1e-8)
    }

    static let corners: [(name: String, c: Double, l1Ratio: Double)] = [
        ("l1_binary", 0.2, 1), ("l1_binary_weighted", 0.2, 1), ("l1_binary_no_intercept", 0.2, 1),
        ("elastic_net_binary", 0.1, 0.5), ("l1_softmax", 0.2, 1), ("elastic_net_softmax", 0.1, 0.5),
    ]

    @Test(arguments: corners, Backend.allCases)
    func `logistic regression with an L1 penalty equals scikit-learn's`(
        setting: (name: String, c: Double, l1Ratio: Double), backend: Backend
    ) throws {
        let golden = try Golden.load()
        let expected = try #require(golden.cases[setting.name])
        let isBinary = setting.name.contains("binary")
        var learner = LogisticRegression()
        (learner.c, learner.l1Ratio, learner.tol) = (setting.c, setting.l1Ratio, 1e-13)
        learner.penalty = setting.l1Ratio == 1 ? .l1 : .elasticnet
        learner.fitIntercept = !setting.name.hasSuffix("no_intercept")
        let isWeighted = ["l1_binary_weighted", "elastic_net_softmax"].contains(setting.name)
        let rows = try trainingRows(
            golden.z, isBinary ? classes(golden.binary, 2) : classes(golden.classes, 3),
            weights: isWeighted ? golden.weights : nil)
        let model = try linear(try learner.fit(rows, from: nil, in: try context(backend: backend)))
        // Both searches end where steps are lost in rounding.
        try compare(model, with: expected, golden.z, tolerance: 1e-8, isShifted: !isBinary)
        for (found, wanted) in zip(model.coefficients.joined(), expected.coefficients.joined()) {
            #expect((found == 0) == (wanted == 0))
        }
    }

    @Test(arguments: ["ovr", "ovr_balanced"]) func `each class against the rest equals scikit-learn's`(name: String)
        throws
    {
        let golden = try Golden.load()
        let expected = try #require(golden.cases[name])
        var learner = LogisticRegression()
        (learner.multiClass, learner.tol) = (.ovr, 1e-12)
        learner.classWeight = name == "ovr" ? .none : .balanced
        let rows = try trainingRows(golden.x, classes(golden.classes, 3))
        let model = try linear(try learner.fit(rows, from: nil, in: try context()))
        try compare(model, with: expected, golden.x, tolerance: 1e-8)
        guard name == "ovr" else { return }
        // Labels that do not exclude each other are the same fits, without the sum of 1.
        let flags = golden.classes.flatMap { code in (0..<3).map { UInt8($0 == code ? 1 : 0) } }
        let labelled = try trainingRows(golden.x, .flags(Buffer(flags), labels: ["a", "b", "c"]))
        let several = try linear(try learner.fit(labelled, from: nil, in: try context()))
        #expect(several.coefficients == model.coefficients && several.intercepts == model.intercepts)
        let table = try numberTable(golden.x, width: 5)
        let (alone, shared) = (try several.predict(table), try model.predict(table))
        for row in 0..<90 {
            let sum = (0..<3).reduce(0) { $0 + alone.values[row, $1] }
            for label in 0..<3 { #expect(abs(alone.values[row, label] / sum - shared.values[row, label]) < 1e-14) }
        }
    }

    private func compare(
        _ model: LinearModel, with expected: Golden.Case, _ x: [[Double]], tolerance: Double, isShifted: Bool = false
    ) throws {
        #expect(model.coefficients.count == expected.coefficients.count)
        for (found, wanted) in zip(model.coefficients.joined(), expected.coefficients.joined()) {
            #expect(abs(found - wanted) <= tolerance * abs(wanted) + tolerance * 1e-3, "\(found) for \(wanted)")
        }
        // The same number added to all intercepts of a softmax changes nothing.
        let shift = isShifted ? model.intercepts.reduce(0, +) / Double(model.intercepts.count) : 0
        for (found, wanted) in zip(model.intercepts.map({ $0 - shift }), expected.intercepts) {
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
