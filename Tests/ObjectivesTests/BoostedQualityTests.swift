import ApusBuiltins
import ApusCore
import Foundation
import Testing

private let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
private let dataFolder = folder.appending(path: "../../shared/data").standardizedFileURL.path

/// Losses of boosted trees on real tables beside LightGBM's; `Tests/Golden/objectives/boosted.py` wrote those.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: dataFolder), "needs ../shared/data"))
struct BoostedQualityTests {
    private struct Golden: Decodable {
        var cases: [Case]
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var table: String
        var target: String
        var ignored: [String]
        var objective: String
        var parameters: [String: JSON]
        var loss: Double

        var testDescription: String { "\(objective) \(JSON.object(parameters).serialized()) on \(table)" }
    }

    private static let cases: [Case] = {
        let file = folder.appending(path: "Golden/objectives/boosted.json")
        return ((try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: file)))?.cases) ?? []
    }()

    @Test func `the golden file has its cases`() { #expect(Self.cases.count == 6) }

    /// The same leaves, rate and rows. Trees of other splits differ by about a percent from seed to seed.
    @Test(arguments: cases)
    func `trees are as good as LightGBM's by the loss they minimise`(_ expected: Case) throws {
        let registry = try Registry.builtin()
        let context = RunContext(threads: 2, registry: registry)
        let all = try registry.reader(PluginReference("reader.csv")).open(
            .file("\(dataFolder)/\(expected.table)"), schema: nil, in: context
        ).readAll()
        let dropped = expected.ignored + [expected.target]
        let features = try all.filter { !dropped.contains($0.name) }
        let values = try #require(try all.column(expected.target).doubles)
        func rows(_ isHeld: Bool) -> [Int] { (0..<all.rowCount).filter { ($0 % 5 == 0) == isHeld } }
        func target(_ rows: [Int]) -> Target { .values(Buffer(rows.map { values[$0] })) }
        let reference = PluginReference("objective.\(expected.objective)", expected.parameters)
        let learner = try registry.learner(
            PluginReference("gradient_boosting", ["objective": reference.json, "early_stopping": false]))
        let fitted = rows(false)
        let model = try learner.fit(
            TrainingRows(
                .table(try features.rows(fitted)), targets: [target(fitted)],
                rowIDs: Buffer(fitted.map(Int64.init))), from: nil, in: context)
        let held = rows(true)
        let prediction = try model.predict(features.rows(held), in: context)
        let objective = try registry.objective(reference)
        let isLog = objective.link(for: target(held)) == .exponential
        let scores = held.indices.map { isLog ? DeterministicMath.log(prediction.value($0)) : prediction.value($0) }
        let loss =
            scores.withUnsafeBufferPointer {
                objective.loss(target(held), weights: nil, rows: 0..<held.count, scores: $0, backend: .c)
            } / Double(held.count)
        #expect(loss < 1.02 * expected.loss, "\(loss) beside LightGBM's \(expected.loss)")
    }
}
