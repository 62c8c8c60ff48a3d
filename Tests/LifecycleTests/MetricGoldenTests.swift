import ApusKernels
import ApusLifecycle
import Foundation
import Testing

/// Every metric against scikit-learn's value on arrays with ties, weights, absent labels, one row and perfection.
/// Relative tolerance 1e-12: sums of under a hundred terms in another order; R² absolute, being one minus a ratio.
struct MetricGoldenTests {
    struct Classification: Codable, CustomTestStringConvertible {
        var name: String
        var labels: Int
        var positive: Int
        var truth: [Int32]
        var probabilities: [Double]
        var weights: [Double]?
        var expected: [String: Double?]
        var testDescription: String { name }
    }

    struct Regression: Codable, CustomTestStringConvertible {
        var name: String
        var truth: [Double]
        var predictions: [Double]
        var weights: [Double]?
        var expected: [String: Double?]
        var testDescription: String { name }
    }

    struct Multilabel: Codable, CustomTestStringConvertible {
        var name: String
        var labels: Int
        var truth: [UInt8]
        var probabilities: [Double]
        var weights: [Double]?
        var expected: [String: Double?]
        var testDescription: String { name }
    }

    struct Golden: Codable {
        var classification: [Classification]
        var regression: [Regression]
        var multilabel: [Multilabel]

        static func load() throws -> Golden {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let data = try Data(contentsOf: folder.appending(path: "Golden/metrics/metrics.json"))
            return try JSONDecoder().decode(Golden.self, from: data)
        }
    }

    private let kernels = Kernels(threads: 2)

    @Test("classification metrics equal scikit-learn's", arguments: try Golden.load().classification)
    func classification(_ golden: Classification) throws {
        let outcome = try ClassificationOutcome(
            labels: golden.labels, truth: golden.truth, probabilities: golden.probabilities, weights: golden.weights,
            positive: golden.positive)
        try compare(outcome.evaluate(kernels: kernels), golden.expected, Metric.classification)
    }

    @Test("regression metrics equal scikit-learn's", arguments: try Golden.load().regression)
    func regression(_ golden: Regression) throws {
        let outcome = try RegressionOutcome(
            truth: golden.truth, predictions: golden.predictions, weights: golden.weights)
        try compare(outcome.evaluate(kernels: kernels), golden.expected, Metric.regression)
    }

    @Test("metrics of several labels at once equal scikit-learn's", arguments: try Golden.load().multilabel)
    func multilabel(_ golden: Multilabel) throws {
        let outcome = try MultilabelOutcome(
            labels: golden.labels, truth: golden.truth, probabilities: golden.probabilities, weights: golden.weights)
        try compare(outcome.evaluate(kernels: kernels), golden.expected, Metric.multilabel)
    }

    private func compare(_ evaluation: Evaluation, _ expected: [String: Double?], _ metrics: [Metric]) throws {
        #expect(evaluation.scores.map(\.name) == metrics.map(\.name))
        #expect(Set(expected.keys) == Set(metrics.map(\.name)))
        for score in evaluation.scores {
            guard let wanted = expected[score.name] ?? nil else {
                #expect(score.value == nil, "\(score.name) is undefined")
                #expect(score.reason?.isEmpty == false, "\(score.name) says why it is undefined")
                #expect(score.low == nil && score.high == nil)
                continue
            }
            let value = try #require(score.value, "\(score.name) is defined")
            let tolerance = score.name == "r2" ? 1e-12 : 1e-12 * abs(wanted)
            #expect(abs(value - wanted) <= tolerance, "\(score.name): \(value), scikit-learn \(wanted)")
            #expect(score.reason == nil)
            if let low = score.low, let high = score.high { #expect(low <= high, "\(score.name)") }
        }
    }
}
