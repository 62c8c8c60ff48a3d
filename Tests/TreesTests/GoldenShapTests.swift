import ApusCore
import ApusTrees
import Foundation
import Testing

/// LightGBM's contributions for LightGBM's trees; `Tests/Golden/trees/generate_shap.py` wrote them.
@Suite struct GoldenShapTests {
    private struct Golden: Decodable {
        struct Node: Decodable {
            let column: Int?
            let threshold: Double?
            let missingLeft: Bool?
            let child: Int?
            let count: Int
            let value: Double?

            var node: Tree.Node {
                var node = Tree.Node(count: count, value: value ?? 0)
                guard let column, let threshold, let missingLeft, let child else { return node }
                (node.column, node.threshold, node.missingLeft, node.child) = (column, threshold, missingLeft, child)
                return node
            }
        }
        struct Case: Decodable {
            let name: String
            let scores: Int
            let trees: [[Node]]
            let contributions: [[[Double]]]
        }
        let rows: [[Double?]]
        let cases: [Case]
    }

    @Test func `contributions are LightGBM's, fitted with weights or without`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let golden = try decoder.decode(
            Golden.self, from: Data(contentsOf: folder.appendingPathComponent("Golden/trees/shap.json")))
        let width = golden.rows[0].count
        let table = try Table(
            (0..<width).map { column in (name: "x\(column)", column: Column(numbers: golden.rows.map { $0[column] })) })
        #expect(golden.cases.count == 4)
        for expected in golden.cases {
            let trees = expected.trees.map { Tree(nodes: $0.map(\.node)) }
            let explainer = TreeExplainer(
                trees, scores: expected.scores, binOfCode: Array(repeating: nil, count: width))
            let found = try explainer.contributions(
                table, initial: Array(repeating: 0, count: expected.scores), in: RunContext())
            for (score, rows) in expected.contributions.enumerated() {
                for (row, values) in rows.enumerated() {
                    for (feature, value) in values.enumerated() {
                        // Sums of a dozen trees of values up to 3, on either side some hundred rounded operations each;
                        // LightGBM's downward recursion divides by shares of rows, which loses some digits more.
                        #expect(
                            abs(found[score][row, feature] - value) < 1e-11,
                            "\(expected.name), score \(score), row \(row), feature \(feature)")
                    }
                }
            }
        }
    }
}
