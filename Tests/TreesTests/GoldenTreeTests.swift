import ApusCore
import ApusTrees
import Foundation
import Testing

/// scikit-learn's regression trees; `Tests/Golden/trees/generate.py` wrote them.
@Suite struct GoldenTreeTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            let leaves: Int
            let minSamplesLeaf: Int
            let columns: [[Double]]
            let target: [Double]
            let leavesGrown: Int
            let prediction: [Double]
        }
        let cases: [Case]
    }

    @Test func `a single tree with a learning rate of 1 is scikit-learn's tree`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let golden = try decoder.decode(
            Golden.self, from: Data(contentsOf: folder.appendingPathComponent("Golden/trees/single_tree.json")))
        for expected in golden.cases {
            var learner = GradientBoosting()
            learner.nEstimators = 1
            learner.learningRate = 1
            learner.numLeaves = expected.leaves
            learner.minSamplesLeaf = expected.minSamplesLeaf
            let table = try Table(
                expected.columns.enumerated().map { (name: "x\($0.offset)", column: Column($0.element)) })
            let model = try Fixture.fit(learner, Fixture.rows(table, Fixture.numbers(expected.target)))
            #expect(model.trees[0].nodes.filter(\.isLeaf).count == expected.leavesGrown)
            let prediction = try model.predict(table)
            for (row, value) in expected.prediction.enumerated() {
                // Leaf means come from sums of 2^-49 units of the largest error.
                #expect(abs(prediction.value(row) - value) < 1e-12)
            }
        }
    }
}
