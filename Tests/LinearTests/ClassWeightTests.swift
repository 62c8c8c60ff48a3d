import ApusCore
import ApusLinear
import Testing

struct ClassWeightTests {
    private static func learner(_ id: String, _ weight: ClassWeight) -> any Learner {
        if id == "sgd_linear" {
            var learner = SGDLinear()
            learner.classWeight = weight
            learner.maxIter = 20
            return learner
        }
        var learner = LogisticRegression()
        learner.classWeight = weight
        learner.multiClass = id == "ovr" ? .ovr : .multinomial
        return learner
    }

    private static let learners = ["logistic_regression", "ovr", "sgd_linear"]

    @Test(arguments: learners) func `a map of labels is a weight column`(id: String) throws {
        let (x, codes) = LogisticRegressionTests.noisy(300, 3, 3)
        let given = codes.indices.map { 1 + Double($0 % 4) }
        let map = ["class 1": 3.0, "class 2": 0.5]
        let weights = zip(given, codes).map { $0 * (map["class \($1)"] ?? 1) }
        let rows = try trainingRows(x, classes(codes, 3), weights: given)
        let byMap = try Self.learner(id, .labels(map)).fit(rows, from: nil, in: SGDLinearTests.context())
        let byColumn = try Self.learner(id, .none).fit(
            trainingRows(x, classes(codes, 3), weights: weights), from: nil, in: SGDLinearTests.context())
        #expect(try byMap.state().tensors == byColumn.state().tensors)
        let plain = try Self.learner(id, .none).fit(rows, from: nil, in: SGDLinearTests.context())
        #expect(try plain.state().tensors != byMap.state().tensors)
    }

    @Test func `balanced classes are weighted by the inverse of their weight`() throws {
        let (x, codes) = LogisticRegressionTests.noisy(300, 3, 2)
        let totals = [0, 1].map { code in Double(codes.count { $0 == code }) }
        let map = Dictionary(uniqueKeysWithValues: [0, 1].map { ("class \($0)", 300 / (2 * totals[$0])) })
        let rows = try trainingRows(x, classes(codes, 2))
        func state(_ weight: ClassWeight) throws -> State {
            try Self.learner("sgd_linear", weight).fit(rows, from: nil, in: SGDLinearTests.context()).state()
        }
        #expect(try state(.balanced).tensors == state(.labels(map)).tensors)
    }

    @Test(arguments: learners) func `weights that do not fit are refused`(id: String) throws {
        let (x, codes) = LogisticRegressionTests.noisy(60, 3, 2)
        func message(_ map: [String: Double]) throws -> String {
            let rows = try trainingRows(x, classes(codes, 2))
            let error = #expect(throws: ApusError.self) {
                try Self.learner(id, .labels(map)).fit(rows, from: nil, in: SGDLinearTests.context())
            }
            return error?.description ?? ""
        }
        #expect(try message(["clas 1": 2]).contains("no label 'clas 1'. Did you mean 'class 1'?"))
        #expect(try message(["class 0": 0, "class 1": 0]).contains("all rows weigh nothing"))
    }
}
