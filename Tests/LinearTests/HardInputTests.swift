import ApusCore
import ApusLinear
import Foundation
import Testing

/// Every linear learner on rows that are no pleasure: a sensible model or a named error, never NaN in silence.
struct HardInputTests {
    static let learners: [String] = [
        "model.linear_regression", "model.ridge", "model.lasso", "model.elastic_net", "model.logistic_regression",
        "model.logistic_regression l1", "model.logistic_regression elasticnet", "model.logistic_regression none",
    ]

    static func learner(_ name: String) throws -> any Learner {
        let words = name.split(separator: " ")
        let plugin = try #require(LinearBundle.plugins.first { $0.descriptor.id == words[0] })
        let parameters: [String: JSON] = words.count > 1 ? ["penalty": .text(String(words[1]))] : [:]
        return try #require(try plugin.init(parameters: parameters) as? any Learner)
    }

    static func target(_ learner: any Learner, _ rows: Int) -> Target {
        learner is LogisticRegression
            ? classes((0..<rows).map { $0 * 7 % 5 > 1 ? 1 : 0 }, 2)
            : .values(Buffer((0..<rows).map { Double($0 * 7 % 5) }))
    }

    static let tables: [(name: String, x: [[Double]])] = {
        let plain = LinearRegressionTests.draws(77, 40, 4)
        return [
            ("one row", [plain[0]]), ("two equal rows", [plain[0], plain[0]]),
            ("a constant column", plain.map { [$0[0], 5, $0[1]] }), ("all zero", plain.map { _ in [0, 0] }),
            ("equal columns", plain.map { [$0[0], $0[0], $0[1], $0[0] + $0[1]] }),
            ("more columns than rows", LinearRegressionTests.draws(78, 9, 300)),
            ("units apart by 1e24", plain.map { [$0[0] * 1e-12, $0[1] * 1e12, $0[2]] }),
            ("far from zero", plain.map { [$0[0] + 1e9, $0[1] - 1e6] }),
            ("nearly equal columns", plain.map { [$0[0], $0[0] + 1e-9 * $0[1]] }),
            ("one large value", plain.enumerated().map { [$0.element[0], $0.offset == 7 ? 1e8 : 0] }),
        ]
    }()

    @Test(arguments: learners, tables)
    func `a fit ends in finite answers`(name: String, table: (name: String, x: [[Double]])) throws {
        let learner = try Self.learner(name)
        let rows = try trainingRows(table.x, Self.target(learner, table.x.count))
        for backend in Backend.allCases {
            let model = try linear(try learner.fit(rows, from: nil, in: context(backend: backend)))
            #expect(
                model.coefficients.joined().allSatisfy { $0.isFinite } && model.intercepts.allSatisfy { $0.isFinite })
            let prediction = try model.predict(rows.table)
            #expect(prediction.values.elements.allSatisfy { $0.isFinite })
        }
    }

    @Test(arguments: learners) func `a missing or infinite value is named, with its remedy`(name: String) throws {
        let learner = try Self.learner(name)
        var x = LinearRegressionTests.draws(79, 1500, 3)
        x[1203][1] = .infinity
        let error = #expect(throws: ApusError.self) {
            try learner.fit(trainingRows(x, Self.target(learner, 1500)), from: nil, in: context())
        }
        let text = try #require(error).description
        #expect(text.contains("'x2'") && text.contains("1,204") && text.contains("transform.impute"))
        let gap = try Table(["x1": Column(numbers: [1, nil, 3, 4])])
        let rows = TrainingRows(
            .table(gap), targets: [Self.target(learner, 4)], rowIDs: Buffer((0..<4).map(Int64.init)))
        let missing = #expect(throws: ApusError.self) { try learner.fit(rows, from: nil, in: context()) }
        #expect(missing?.description.contains("row 2") == true)
        #expect(missing?.description.contains("transform.impute") == true)
    }

    @Test(arguments: learners) func `weights that are all zero leave nothing to learn from`(name: String) throws {
        let learner = try Self.learner(name)
        let x = LinearRegressionTests.draws(80, 10, 2)
        let rows = try trainingRows(x, Self.target(learner, 10), weights: [Double](repeating: 0, count: 10))
        let error = #expect(throws: ApusError.self) { try learner.fit(rows, from: nil, in: context()) }
        #expect(error?.description.contains("no rows to learn from") == true)
    }

    @Test(arguments: ["l2", "l1", "elasticnet", "none"], [2, 3])
    func `separable classes end in a finite, perfect answer`(penalty: String, count: Int) throws {
        let learner = try LogisticRegression(parameters: ["penalty": .text(penalty), "c": 10])
        let codes = (0..<60).map { $0 / (60 / count) }
        let x: [[Double]] = codes.enumerated().map { [Double($0.element) * 10 + Double($0.offset % 7) * 0.1, 1] }
        for multiClass in LogisticRegression.MultiClass.allCases where count > 2 || multiClass == .multinomial {
            var learner = learner
            learner.multiClass = multiClass
            let model = try linear(try learner.fit(trainingRows(x, classes(codes, count)), from: nil, in: context()))
            #expect(model.coefficients.joined().allSatisfy { $0.isFinite })
            // One class in the middle cannot be cut off by one score of its own.
            guard multiClass == .multinomial else { continue }
            let prediction = try model.predict(numberTable(x, width: 2))
            for row in 0..<60 { #expect(prediction.classIndex(row) == codes[row]) }
        }
    }

    @Test func `a label that never holds, or always, is answered so`() throws {
        let x = LinearRegressionTests.draws(81, 30, 2)
        let flags = (0..<30).flatMap { row -> [UInt8] in [row % 2 == 0 ? 0 : 1, 0, 1] }
        let rows = try trainingRows(x, .flags(Buffer(flags), labels: ["even", "never", "always"]))
        let prediction = try LogisticRegression().fit(rows, from: nil, in: context()).predict(rows.table)
        for row in 0..<30 {
            #expect(prediction.values[row, 1] == 0 && prediction.values[row, 2] == 1)
            #expect((0.01...0.99).contains(prediction.values[row, 0]))
        }
    }
}
