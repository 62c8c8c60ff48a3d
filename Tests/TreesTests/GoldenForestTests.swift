import ApusCore
import ApusTrees
import Foundation
import Testing

/// scikit-learn's trees and forests; `Tests/Golden/forests/generate.py` wrote them.
@Suite struct GoldenForestTests {
    private struct Trees: Decodable {
        struct Case: Decodable {
            let task: String
            let settings: [String: JSONValue]
            let columns: [[Double?]]
            let target: [[Double]]
            let weights: [Double]?
            let leaves: Int
            let depth: Int
            let importances: [Double]
            let answers: [[Double]]
        }
        let cases: [Case]
    }

    /// A parameter's value.
    private struct JSONValue: Decodable {
        let json: JSON
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            json =
                try (try? .number(container.decode(Double.self))) ?? (try? .text(container.decode(String.self)))
                ?? container.decode([String: Double].self).json
        }
    }

    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let data = package.deletingLastPathComponent().appendingPathComponent("shared/data")
    private static let hasData = FileManager.default.fileExists(atPath: data.path)

    private static func golden<Content: Decodable>(_ name: String, _ type: Content.Type = Content.self) throws
        -> Content
    {
        try JSONDecoder().decode(
            Content.self, from: Data(contentsOf: package.appendingPathComponent("Tests/Golden/forests/\(name)")))
    }

    @Test func `single trees are scikit-learn's`() throws {
        for (place, expected) in try Self.golden("decision_trees.json", Trees.self).cases.enumerated() {
            let table = try Table(
                expected.columns.enumerated().map { (name: "x\($0.offset)", column: Column(numbers: $0.element)) })
            let codes = expected.target.map { Int($0[0]) }
            let target: Target =
                switch expected.task {
                case "binary": Fixture.classes(codes, ["0", "1"])
                case "multiclass": Fixture.classes(codes, ["0", "1", "2", "3"])
                case "multilabel": .flags(Buffer(expected.target.flatMap { $0.map { UInt8($0) } }), labels: ["a", "b"])
                default: Fixture.numbers(expected.target.map { $0[0] })
                }
            let learner = try DecisionTree(parameters: expected.settings.mapValues(\.json))
            let model = try ForestModelTests.fit(learner, Fixture.rows(table, target, weights: expected.weights))
            let tree = model.members[0].tree
            #expect(tree.nodes.filter(\.isLeaf).count == expected.leaves, "case \(place)")
            #expect(tree.depth == expected.depth, "case \(place)")
            // Weights are rounded to 2^-39 of the largest, targets to 2^-46; both are far below.
            for (a, b) in zip(model.importance["impurity"] ?? [], expected.importances) {
                #expect(abs(a - b) < 1e-8, "case \(place)")
            }
            let prediction = try model.predict(table)
            for (row, answers) in expected.answers.enumerated() {
                for (a, b) in zip(prediction.values.row(row), answers) {
                    #expect(abs(a - b) < 1e-9, "case \(place), row \(row + 1)")
                }
            }
        }
    }

    private struct Forests: Decodable {
        struct Score: Decodable {
            let mean: Double
            let deviation: Double
            let oob: Double?
        }
        let scores: [String: Score]
    }

    /// Rows of numbers of a file with commas; lines without any number are left out.
    private func numbers(_ path: String) throws -> [[Double]] {
        try String(contentsOf: Self.data.appendingPathComponent(path), encoding: .utf8)
            .split(whereSeparator: \.isNewline).map { line in
                line.split(separator: ",", omittingEmptySubsequences: false).map {
                    Double($0.trimmingCharacters(in: .whitespaces)) ?? .nan
                }
            }.filter { $0.contains { !$0.isNaN } }
    }

    private func table(_ rows: [[Double]], _ columns: [Int]) throws -> Table {
        try Table(columns.map { column in (name: "c\(column)", column: Column(rows.map { $0[column] })) })
    }

    /// Within four deviations of scikit-learn's mean of ten seeds; `score` is the mean of so many seeds.
    private func expectLike(_ score: Double, _ name: String, seeds: Int = 1, oob: Double? = nil) throws {
        let expected = try #require(try Self.golden("forests.json", Forests.self).scores[name])
        let deviation = expected.deviation * (1 / Double(seeds) + 0.1).squareRoot()
        #expect(abs(score - expected.mean) < 4 * deviation, "\(name): \(score), not \(expected.mean)")
        if let theirs = expected.oob, let oob {
            #expect(abs(oob - theirs) < 0.01, "\(name): out of bag \(oob), not \(theirs)")
        }
    }

    private func forest(_ change: (inout RandomForest) -> Void = { _ in }) -> RandomForest {
        var learner = RandomForest()
        learner.nEstimators = 50
        learner.sampling.oobScore = true
        change(&learner)
        return learner
    }

    @Test(.enabled(if: hasData, "needs ../shared/data"))
    func `forests of digits are as right as scikit-learn's`() throws {
        let (train, test) = (try numbers("digits_8x8/optdigits.tra"), try numbers("digits_8x8/optdigits.tes"))
        let rows = Fixture.rows(
            try table(train, Array(0..<64)), Fixture.classes(train.map { Int($0[64]) }, (0..<10).map(String.init)))
        var extra = ExtraTrees()
        extra.nEstimators = 50
        for (learner, name) in [(forest() as any Learner, "digits_random_forest"), (extra, "digits_extra_trees")] {
            let model = try ForestModelTests.fit(learner, rows)
            let answers = try model.predict(try table(test, Array(0..<64)))
            let right = test.indices.filter { answers.classIndex($0) == Int(test[$0][64]) }.count
            try expectLike(Double(right) / Double(test.count), name, oob: model.oobScore)
        }
    }

    @Test(.enabled(if: hasData, "needs ../shared/data"))
    func `forests of house prices are as near as scikit-learn's`() throws {
        let all = try numbers("california_housing/housing.csv").map { Array($0[..<9]) }
            .filter { !$0.contains(where: \.isNaN) }
        let train = all.indices.filter { $0 % 5 != 0 }.map { all[$0] }
        let test = all.indices.filter { $0 % 5 == 0 }.map { all[$0] }
        let rows = Fixture.rows(try table(train, Array(0..<8)), Fixture.numbers(train.map { $0[8] }))
        let random = forest {
            $0.growth.maxFeatures = .count(3)
            $0.growth.minSamplesLeaf = 2
        }
        var extra = ExtraTrees()
        extra.nEstimators = 50
        extra.growth = random.growth
        // Where thresholds are drawn from shows over several seeds only.
        for (learner, name, seeds) in [
            (random as any Learner, "california_random_forest", 1), (extra, "california_extra_trees", 6),
        ] {
            var (sum, oob) = (0.0, Double?.none)
            for seed in 0..<seeds {
                var context = try Fixture.context()
                context.seed = UInt64(seed)
                let model = try ForestModelTests.fit(learner, rows, context)
                let answers = try model.predict(try table(test, Array(0..<8)))
                let squares = test.indices.map { (answers.value($0) - test[$0][8]) * (answers.value($0) - test[$0][8]) }
                sum += (squares.reduce(0, +) / Double(test.count)).squareRoot()
                oob = model.oobScore
            }
            try expectLike(sum / Double(seeds), name, seeds: seeds, oob: oob)
        }
    }

    @Test(.enabled(if: hasData, "needs ../shared/data"))
    func `forests of incomes rank as scikit-learn's do`() throws {
        func part(_ name: String) throws -> (rows: [[Double]], rich: [Bool]) {
            let lines = try String(contentsOf: Self.data.appendingPathComponent("adult/\(name)"), encoding: .utf8)
                .split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("|") }
            return (
                lines.map { line in
                    let cells = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
                    return [0, 2, 4, 10, 11, 12].map { Double(cells[$0]) ?? .nan }
                }, lines.map { $0.contains(">50K") }
            )
        }
        let (train, test) = (try part("adult.data"), try part("adult.test"))
        let rows = Fixture.rows(
            try table(train.rows, Array(0..<6)), Fixture.classes(train.rich.map { $0 ? 1 : 0 }, ["no", "yes"]))
        let model = try ForestModelTests.fit(forest { $0.growth.maxDepth = 10 }, rows)
        let answers = try model.predict(try table(test.rows, Array(0..<6)))
        try expectLike(
            area(test.rich.indices.map(answers.value), test.rich), "adult_random_forest", oob: model.oobScore)
    }

    /// The area under the ROC curve, by ranks with ties halved.
    private func area(_ scores: [Double], _ positive: [Bool]) -> Double {
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        var (sum, start) = (0.0, 0)
        while start < order.count {
            var end = start
            while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
            let rank = Double(start + end + 1) / 2
            for place in start..<end where positive[order[place]] { sum += rank }
            start = end
        }
        let count = Double(positive.filter { $0 }.count)
        return (sum - count * (count + 1) / 2) / (count * (Double(positive.count) - count))
    }
}
