import ApusBuiltins
import ApusCore
import Foundation
import Testing

/// Losses of scikit-learn and of formulas; `Tests/Golden/objectives/generate.py` wrote them.
@Suite struct ObjectiveGoldenTests {
    private struct Golden: Decodable {
        var cases: [Case]
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var objective: String
        var parameters: [String: JSON]
        var targets: [Double]
        var scores: [Double]
        var weights: [Double]
        var loss: Double
        var gradients: [Double]
        var constants: [Double]

        var testDescription: String { "\(objective) \(JSON.object(parameters).serialized()) of \(constants.count)" }

        /// One score needs two labels, several a label each.
        var target: Target {
            let labels =
                switch objective {
                case "logistic": 2
                case "focal": max(2, constants.count)
                case "softmax", "one_vs_all", "cost_sensitive": constants.count
                default: 0
                }
            guard labels > 0 else { return .values(Buffer(targets)) }
            return .classes(codes: Buffer(targets.map { Int32($0) }), labels: (0..<labels).map { "\($0)" })
        }
    }

    static let cases: [Case] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/objectives/objectives.json")
        return ((try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: file)))?.cases) ?? []
    }()

    @Test func `the golden file covers every kind of loss`() {
        #expect(Set(Self.cases.map(\.objective)).count == 11)
    }

    @Test(arguments: cases, [Backend.c, .swift])
    func `loss, gradient and best constant are those of the reference`(_ expected: Case, backend: Backend) throws {
        let objective = try Registry.builtin().objective(
            PluginReference("objective.\(expected.objective)", expected.parameters))
        let weights = Buffer(expected.weights)
        let target = expected.target
        #expect(try objective.scores(for: target) == expected.constants.count)
        var gradients = [Double](repeating: .nan, count: expected.scores.count)
        var hessians = gradients
        let loss = expected.scores.withUnsafeBufferPointer { scores in
            gradients.withUnsafeMutableBufferPointer { gradients in
                hessians.withUnsafeMutableBufferPointer { hessians in
                    objective.evaluate(
                        target, weights: weights, rows: 0..<target.count, scores: scores, gradients: gradients,
                        hessians: hessians, backend: backend)
                }
            }
        }
        // Sums of 40 rows in another order, through another exp and log.
        #expect(abs(loss - expected.loss) <= 1e-12 * expected.loss, "\(loss), expected \(expected.loss)")
        for (place, gradient) in gradients.enumerated() {
            let wanted = expected.gradients[place]
            #expect(abs(gradient - wanted) <= 1e-11 * max(1, abs(wanted)), "score \(place): \(gradient), not \(wanted)")
        }
        // Scores of a softmax are told up to a constant. Where scipy searched, it stops at a gradient of about 1e-6.
        let constants = try objective.initialScores(target, weights: weights)
        let shift =
            objective.link(for: target) == .softmax
            ? constants.reduce(0, +) / Double(constants.count) - expected.constants.reduce(0, +)
                / Double(constants.count)
            : 0
        for (constant, wanted) in zip(constants, expected.constants) {
            #expect(abs(constant - shift - wanted) <= 1e-5, "\(constants), expected \(expected.constants)")
        }
    }
}
