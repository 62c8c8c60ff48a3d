import ApusCore
import ApusKernels
import ApusLifecycle
import Testing

struct MetricInputTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing was thrown"
        } catch {
            return "\(error)"
        }
    }

    @Test func `every metric is found by its name, and says what it means`() throws {
        for metric in Metric.all {
            #expect(try Metric.named(metric.name) == metric)
            #expect(metric.summary.hasSuffix("."))
        }
        #expect(Set(Metric.all.map(\.name)).count == 17)
    }

    @Test func `a misspelt metric is answered with the nearest name`() {
        #expect(
            message { _ = try Metric.named("roc_uac") }
                == "metric: there is no metric 'roc_uac'. Did you mean 'roc_auc'?")
        #expect(message { _ = try Metric.named("zzzzzzzzzzzzzzz") }.contains("There are: 'roc_auc', "))
    }

    @Test func `a metric of the other task is refused with those that fit`() throws {
        let outcome = try RegressionOutcome(truth: [1, 2], predictions: [1, 2])
        #expect(
            message { _ = try outcome.evaluate([.logLoss], kernels: Kernels(threads: 1)) }
                == "metric: log_loss judges classes or several labels at once, and the target is a number. Take one of "
                + "root_mean_squared_error, mean_absolute_error, r2, median_absolute_error.")
    }

    @Test func `shapes and values that cannot be judged are refused with their row`() {
        #expect(
            message { _ = try ClassificationOutcome(labels: 2, truth: [0, 1], probabilities: [1]) }
                == "2 rows of 2 labels do not fit 1 probabilities.")
        #expect(
            message { _ = try ClassificationOutcome(labels: .max, truth: [0, 1], probabilities: [1]) }
                .contains("do not fit"))
        #expect(
            message { _ = try ClassificationOutcome(labels: 2, truth: [2], probabilities: [1, 0]) }
                == "row 1: label 2 is not in 0 ..< 2.")
        #expect(
            message { _ = try ClassificationOutcome(labels: 2, truth: [0, 0], probabilities: [1, 0, .nan, 1]) }
                == "row 2: nan is not a probability.")
        #expect(message { _ = try ClassificationOutcome(labels: 1, truth: [], probabilities: []) }.contains("2 labels"))
        #expect(
            message { _ = try RegressionOutcome(truth: [1], predictions: [.infinity]) }
                == "row 1: the prediction inf is not finite.")
        #expect(
            message { _ = try RegressionOutcome(truth: [1], predictions: [1], weights: [-1]) }
                == "row 1: -1.0 is not a weight. Weights are 0 or greater.")
    }

    @Test func `errors that overflow leave a reason, not an infinity`() throws {
        let outcome = try RegressionOutcome(truth: [1e300, -1e300], predictions: [-1e300, 1e300])
        let evaluation = try outcome.evaluate(kernels: Kernels(threads: 1))
        #expect(evaluation["root_mean_squared_error"]?.value == nil)
        #expect(evaluation["root_mean_squared_error"]?.reason == "the errors overflow")
    }
}
