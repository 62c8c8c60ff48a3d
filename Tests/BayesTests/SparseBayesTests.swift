import ApusBayes
import ApusBuiltins
import ApusCore
import ApusPipeline
import Foundation
import Testing

/// Naive Bayes on vectors against scikit-learn's on scipy's sparse rows (`Tests/Golden/sparse/generate.py`), and against
/// itself on the same numbers as columns.
struct SparseBayesTests {
    struct Golden: Decodable {
        var width: Int
        var offsets: [Int64]
        var indices: [Int32]
        var values: [Double]
        var weights: [Double]
        var classes: [Int32]
        var bayes: [String: [[Double]]]

        static func load() throws -> Golden {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let data = try Data(contentsOf: folder.appending(path: "Golden/sparse/scikit_learn.json"))
            return try JSONDecoder().decode(Golden.self, from: data)
        }

        var rows: SparseRows {
            get throws { try SparseRows(width: width, offsets: offsets, indices: indices, values: values) }
        }
    }

    static let learners: [(id: String, parameters: [String: JSON])] = [
        ("multinomial_naive_bayes", ["alpha": 0.5]), ("bernoulli_naive_bayes", ["alpha": 0.5, "binarize": 0.8]),
        ("gaussian_naive_bayes", ["var_smoothing": 0.01]),
    ]

    private func rows(_ table: Table, _ golden: Golden, isWeighted: Bool) -> TrainingRows {
        TrainingRows(
            .table(table), targets: [.classes(codes: Buffer(golden.classes), labels: ["a", "b", "c"])],
            weights: isWeighted ? Buffer(golden.weights) : nil, rowIDs: Buffer(golden.classes.indices.map(Int64.init)))
    }

    private func answers(
        _ id: String, _ parameters: [String: JSON], _ table: Table, _ golden: Golden
    ) throws -> Prediction {
        try Registry.builtin().learner(PluginReference(id, parameters)).fit(
            rows(table, golden, isWeighted: id != "gaussian_naive_bayes"), from: nil, in: RunContext()
        ).predict(table)
    }

    /// The vector without its first three elements, which stand before it as numbers.
    private func mixed(_ x: SparseRows) throws -> Table {
        var (offsets, indices, values): ([Int64], [Int32], [Double]) = ([0], [], [])
        for row in 0..<x.count {
            for place in x.entries(of: row) where x.indices[place] > 2 {
                indices.append(x.indices[place] - 3)
                values.append(x.values[place])
            }
            offsets.append(Int64(indices.count))
        }
        let rest = try SparseRows(width: x.width - 3, offsets: offsets, indices: indices, values: values)
        var columns: [(name: String, column: Column)] = (0..<3).map { column in
            ("c\(column)", Column((0..<x.count).map { x[$0, column] }))
        }
        columns.append(("rest", Column(.vector(rest))))
        return try Table(columns)
    }

    /// Relative tolerance 1e-9: sums of a hundred logarithms, and of squares that nearly cancel.
    @Test(arguments: learners)
    func `probabilities equal scikit-learn's, whatever holds the numbers`(
        learner: (id: String, parameters: [String: JSON])
    ) throws {
        let golden = try Golden.load()
        let x = try golden.rows
        let dense = try Table(
            (0..<x.width).map { column in ("c\(column)", Column((0..<x.count).map { x[$0, column] })) })
        for table in [try Table(["x": Column(.vector(x))]), try mixed(x), dense] {
            let found = try answers(learner.id, learner.parameters, table, golden)
            for (row, expected) in try #require(golden.bayes[learner.id]).enumerated() {
                for (output, value) in expected.enumerated() {
                    #expect(abs(found.values[row, output] - value) <= 1e-9 * max(value, 1e-3))
                }
            }
        }
    }

    @Test func `below a threshold under 0 the zeros count as set`() throws {
        let golden = try Golden.load()
        let x = try golden.rows.mapValues { 1 - $0 }
        let dense = try Table(
            (0..<x.width).map { column in ("c\(column)", Column((0..<x.count).map { x[$0, column] })) })
        let found = try [Table(["x": Column(.vector(x))]), dense].map {
            try answers("bernoulli_naive_bayes", ["binarize": -0.2], $0, golden)
        }
        for (one, other) in zip(found[0].values.elements, found[1].values.elements) {
            #expect(abs(one - other) < 1e-12)
        }
    }

    @Test func `counts below 0 and kinds that are not taken are named`() throws {
        let golden = try Golden.load()
        let table = try Table(["x": Column(.vector(try golden.rows.mapValues { -$0 }))])
        let negative = #expect(throws: ApusError.self) {
            try answers("multinomial_naive_bayes", [:], table, golden)
        }
        #expect(negative?.description.contains("which is no count") == true)
        let refused = #expect(throws: ApusError.self) { try answers("categorical_naive_bayes", [:], table, golden) }
        #expect(refused?.description.contains("does not take a vector column") == true)
    }
}
