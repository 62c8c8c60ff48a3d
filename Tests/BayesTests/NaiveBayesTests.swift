import ApusBayes
import ApusBuiltins
import ApusCore
import ApusPipeline
import Foundation
import Testing

/// Relative tolerance of probabilities 1e-8: a column of deviation 0.01 about 1e4 holds a mean to 1e-10 of a deviation, and
/// probabilities of 1e-12 are dozens of deviations away.
struct NaiveBayesTests {
    struct Case: Codable, CustomTestStringConvertible {
        var name: String
        var model: String
        var parameters: [String: JSON]
        var weighted: Bool
        var rows: [[Double]]
        var probe: [[Double]]
        var probabilities: [[Double]]
        var testDescription: String { name }
    }

    struct Golden: Codable {
        var codes: [Int32]
        var weights: [Double]
        var cases: [Case]

        static func load() throws -> Golden {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let data = try Data(contentsOf: folder.appending(path: "Golden/bayes/scikit_learn.json"))
            return try JSONDecoder().decode(Golden.self, from: data)
        }
    }

    private static let ids = [
        "GaussianNB": "gaussian_naive_bayes", "MultinomialNB": "multinomial_naive_bayes",
        "BernoulliNB": "bernoulli_naive_bayes", "CategoricalNB": "categorical_naive_bayes",
    ]

    private func table(_ x: [[Double]], asCategories: Bool = false) throws -> Table {
        try Table(
            (0..<(x.first?.count ?? 0)).map { place in
                let values = x.map { $0[place] }
                let column =
                    asCategories
                    ? Column(categories: values.map { "\(Int($0))" }, dictionary: ["0", "1", "2", "3"]) : Column(values)
                return ("x\(place)", column)
            })
    }

    private func rows(
        _ table: Table, _ codes: [Int32], labels: [String] = ["a", "b", "c"], weights: [Double]? = nil
    ) -> TrainingRows {
        TrainingRows(
            .table(table), targets: [.classes(codes: Buffer(codes), labels: labels)],
            weights: weights.map { Buffer($0) }, rowIDs: Buffer(codes.indices.map(Int64.init)))
    }

    /// Keeps warnings.
    private final class Listener: MonitorSession, @unchecked Sendable {
        var warnings: [String] = []

        func receive(_ event: any Event) -> [Alert] {
            if let warning = event as? Warning { warnings.append(warning.message) }
            return []
        }

        func snapshot() throws -> State { throw ApusError("nothing to keep") }
        func restore(_ state: State) throws {}
    }

    @Test(arguments: [(1e-12, 1e12, true), (1, 1e3, false)])
    func `a column that the smoothing hides is told`(small: Double, large: Double, isTold: Bool) throws {
        let x = (0..<40).map { [small * Double($0), large * Double($0 % 7), 0] }
        let listener = Listener()
        var context = RunContext()
        context.monitors = [listener]
        let rows = try rows(table(x), (0..<40).map { $0 < 20 ? 0 : 1 }, labels: ["a", "b"])
        _ = try GaussianNaiveBayes().fit(rows, from: nil, in: context)
        #expect(listener.warnings.contains { $0.hasPrefix("Column 'x0' varies so little beside others") } == isTold)
    }

    private func learner(_ id: String, _ parameters: [String: JSON] = [:]) throws -> any IncrementalLearner {
        let learner = try Registry.builtin().learner(PluginReference(id, parameters))
        return try #require(learner as? any IncrementalLearner)
    }

    private func difference(_ prediction: Prediction, _ expected: [[Double]]) -> Double {
        var most = 0.0
        for (row, values) in expected.enumerated() {
            for (output, value) in values.enumerated() {
                most = max(most, abs(prediction.values[row, output] - value) / max(value, 1e-12))
            }
        }
        return most
    }

    @Test("probabilities equal scikit-learn's", arguments: try Golden.load().cases)
    func golden(_ golden: Case) throws {
        let all = try Golden.load()
        let id = try #require(Self.ids[golden.model])
        for asCategories in golden.model == "CategoricalNB" ? [true, false] : [false] {
            let training = try rows(
                table(golden.rows, asCategories: asCategories), all.codes, weights: golden.weighted ? all.weights : nil)
            let model = try learner(id, golden.parameters).fit(training, from: nil, in: RunContext())
            let prediction = try model.predict(table(golden.probe, asCategories: asCategories))
            #expect(difference(prediction, golden.probabilities) < 1e-8)
        }
    }

    @Test("rows that come in parts teach what they teach at once", arguments: try Golden.load().cases)
    func parts(_ golden: Case) throws {
        let all = try Golden.load()
        let learner = try learner(try #require(Self.ids[golden.model]), golden.parameters)
        var model: (any Model)?
        for part in [0..<5, 5..<6, 6..<40, 40..<70] {
            let training = rows(
                try table(golden.rows).rows(Array(part)), Array(all.codes[part]),
                weights: golden.weighted ? Array(all.weights[part]) : nil)
            // Before every class has two different values in every column, no smoothing means no variance.
            let isEarly = golden.parameters["var_smoothing"] == 0 && part.lowerBound < 6
            if isEarly { continue }
            if let earlier = model {
                model = try learner.update(earlier, with: training, in: RunContext())
            } else {
                model = try learner.fit(training, from: nil, in: RunContext())
            }
        }
        let seen = golden.parameters["var_smoothing"] == 0 ? 6..<70 : 0..<70
        let whole = try learner.fit(
            rows(
                table(golden.rows).rows(Array(seen)), Array(all.codes[seen]),
                weights: golden.weighted ? Array(all.weights[seen]) : nil), from: nil, in: RunContext())
        let expected = try whole.predict(table(golden.probe))
        let found = try #require(model).predict(table(golden.probe))
        #expect(
            difference(found, (0..<expected.count).map { row in (0..<3).map { expected.values[row, $0] } }) < 1e-8)
    }

    @Test func `threads do not change a bit`() throws {
        let random = CounterRandom(seed: 3, purpose: "test")
        let count = 70_000
        let table = try Table(
            (0..<3).map { place in
                ("x\(place)", Column((0..<count).map { 1e6 + random.unit($0 * 3 + place) }))
            })
        let training = rows(table, (0..<count).map { Int32(random.unit(1_000_000 + $0) * 3) })
        let states = try [1, 2, 3].map { threads in
            try learner("gaussian_naive_bayes").fit(training, from: nil, in: RunContext(threads: threads)).state()
        }
        for state in states { #expect(state.tensors == states[0].tensors) }
        // A spread of 1/12 about a million: a sum of squares would have lost ten of its sixteen digits.
        let squares = try states[0].elements("squares", as: Double.self)
        let weights = try states[0].elements("weights", as: Double.self)
        for (place, sum) in squares.enumerated() { #expect(abs(sum / weights[place / 3] - 1.0 / 12) < 2e-3) }
    }

    @Test func `missing and unseen categories say nothing`() throws {
        let training = try Table(["x": Column(categories: ["a", "a", "b", "b", nil, "b"])])
        let model = try learner("categorical_naive_bayes").fit(
            rows(training, [0, 0, 0, 1, 1, 1], labels: ["no", "yes"]), from: nil, in: RunContext())
        let answers = try model.predict(Table(["x": Column(categories: [nil, "never", "a"])]))
        #expect(answers.value(0) == 0.5 && answers.value(1) == 0.5)
        // 'a': (2 + 1) / (3 + 2) of 'no', (0 + 1) / (2 + 2) of 'yes'.
        #expect(abs(answers.value(2) - 0.25 / (0.6 + 0.25)) < 1e-12)
    }

    @Test func `what cannot be learned is named`() throws {
        func message(
            _ id: String, _ table: Table, _ codes: [Int32], _ parameters: [String: JSON] = [:]
        ) -> String {
            do {
                _ = try learner(id, parameters).fit(rows(table, codes), from: nil, in: RunContext())
                return "it was learned"
            } catch {
                return "\(error)"
            }
        }
        let negative = try Table(["x": Column([1, -2])])
        #expect(
            message("multinomial_naive_bayes", negative, [0, 1]).contains(
                "column 'x' row 2: found -2.0, which is no count"))
        #expect(
            message("gaussian_naive_bayes", negative, [0, 1], ["var_smoothing": 0]).contains("Raise var_smoothing"))
        #expect(
            message("gaussian_naive_bayes", negative, [0, 1], ["priors": [0.5, 0.5]]).contains(
                "expected one for each of the 3 classes"))
        let huge = try Table(["x": Column([1e300, -1e300, 3])])
        #expect(
            message("gaussian_naive_bayes", huge, [0, 0, 1]).contains("column 'x': the values are too large to square"))
        let infinite = try Table(["x": Column([1, .infinity])])
        #expect(message("bernoulli_naive_bayes", infinite, [0, 1]).contains("column 'x' row 2: found an infinity"))
    }

    @Test("a column that is the class tells all of it, one that is not related tells nothing")
    func information() throws {
        let codes = (0..<400).map { Int32($0 % 2) }
        // The class; something without relation to it.
        let x = (0..<400).map { [Double($0 % 2), Double($0 / 2 % 2)] }
        for id in [
            "gaussian_naive_bayes", "multinomial_naive_bayes", "bernoulli_naive_bayes",
            "categorical_naive_bayes",
        ] {
            let training = rows(try table(x), codes, labels: ["a", "b"])
            let parameters: [String: JSON] = id.hasPrefix("gaussian") ? [:] : ["alpha": 1e-9]
            let model = try learner(id, parameters).fit(training, from: nil, in: RunContext())
            let found = try #require((model as? any Inspectable)?.importance["information"])
            #expect(abs(found[1]) < 1e-6 || id.hasPrefix("multinomial"), "\(id) \(found)")
            switch id {
            // Both classes of 200 rows: ln 2, all that there is to know.
            case "bernoulli_naive_bayes", "categorical_naive_bayes":
                #expect(abs(found[0] - 0.6931471805599453) < 1e-6)
            // Within the classes nothing is left but the smoothing.
            case "gaussian_naive_bayes": #expect(found[0] > 5)
            // Counts of a: 0 and 100; of b: 200 and 100.
            default:
                #expect(abs(found[0] - log(2) / 3) < 1e-6)
                #expect(abs(found[1] - (log(1.5) / 2 - log(2) / 6)) < 1e-6)
            }
        }
    }
}
