import ApusCore
import ApusKernels
import ApusLifecycle
import Testing

struct BootstrapTests {
    private func classes(_ rows: Int, labels: Int, seed: UInt64 = 1, weighted: Bool = false) throws
        -> ClassificationOutcome
    {
        var random = Numbers(seed)
        var (truth, probabilities, weights) = ([Int32](), [Double](), [Double]())
        for _ in 0..<rows {
            let label = Int(random.unit() * Double(labels))
            // Quarters, so that scores tie.
            var parts = (0..<labels).map { 0.25 + (random.unit() * 4).rounded() / 4 + ($0 == label ? 0.5 : 0) }
            let sum = parts.reduce(0, +)
            parts = parts.map { $0 / sum }
            truth.append(Int32(label))
            probabilities += parts
            weights.append((random.unit() * 4).rounded())
        }
        return try ClassificationOutcome(
            labels: labels, truth: truth, probabilities: probabilities, weights: weighted ? weights : nil)
    }

    private func numbers(_ rows: Int, weighted: Bool) throws -> RegressionOutcome {
        var random = Numbers(7)
        let truth = (0..<rows).map { _ in random.unit() * 10 }
        let predictions = truth.map { $0 + random.unit() - 0.3 }
        let weights = (0..<rows).map { _ in (random.unit() * 4).rounded() }
        return try RegressionOutcome(truth: truth, predictions: predictions, weights: weighted ? weights : nil)
    }

    /// The percentile interval the long way: rows written out as often as they were drawn, and judged.
    private func naive(
        _ bootstrap: Bootstrap, rows: Int, judge: ([Int]) throws -> Evaluation
    ) throws -> [ClosedRange<Double>?] {
        let resamples = try #require(bootstrap.resamples)
        let evaluations = try (0..<resamples).map { resample in
            let counts = bootstrap.counts(resample, rows: rows)
            #expect(counts.reduce(0, +) == UInt32(rows))
            return try judge(counts.indices.flatMap { [Int](repeating: $0, count: Int(counts[$0])) })
        }
        return evaluations[0].scores.indices.map { metric in
            let values = evaluations.compactMap { $0.scores[metric].value }.sorted()
            guard values.count * 2 > resamples else { return nil }
            func quantile(_ share: Double) -> Double {
                let position = share * Double(values.count - 1)
                let (low, high) = (values[Int(position.rounded(.down))], values[Int(position.rounded(.up))])
                return low + (position - position.rounded(.down)) * (high - low)
            }
            return quantile((1 - bootstrap.level) / 2)...quantile((1 + bootstrap.level) / 2)
        }
    }

    private func expect(_ evaluation: Evaluation, equals intervals: [ClosedRange<Double>?]) throws {
        for (score, interval) in zip(evaluation.scores, intervals) {
            guard let interval else {
                #expect(score.low == nil && score.high == nil, "\(score.name)")
                continue
            }
            let (low, high) = (try #require(score.low), try #require(score.high))
            #expect(abs(low - interval.lowerBound) < 1e-11, "\(score.name): \(low) \(interval.lowerBound)")
            #expect(abs(high - interval.upperBound) < 1e-11, "\(score.name): \(high) \(interval.upperBound)")
        }
    }

    @Test("intervals of classes equal those of rows written out", arguments: [2, 4], [false, true])
    func classesAsRows(labels: Int, weighted: Bool) throws {
        let all = try classes(40, labels: labels, weighted: weighted)
        let bootstrap = Bootstrap(resamples: 60, level: 0.9, seed: 3)
        let kernels = Kernels(threads: 2)
        let intervals = try naive(bootstrap, rows: 40) { rows in
            try ClassificationOutcome(
                labels: labels, truth: rows.map { all.truth[$0] },
                probabilities: rows.flatMap { all.probabilities[$0 * labels..<($0 + 1) * labels] },
                weights: all.weights.map { weights in rows.map { weights[$0] } }
            ).evaluate(bootstrap: nil, kernels: kernels)
        }
        try expect(all.evaluate(bootstrap: bootstrap, kernels: kernels), equals: intervals)
    }

    @Test("intervals of a regression equal those of rows written out", arguments: [false, true])
    func numbersAsRows(weighted: Bool) throws {
        let all = try numbers(31, weighted: weighted)
        let bootstrap = Bootstrap(resamples: 60, level: 0.9, seed: 3)
        let kernels = Kernels(threads: 2)
        let intervals = try naive(bootstrap, rows: 31) { rows in
            try RegressionOutcome(
                truth: rows.map { all.truth[$0] }, predictions: rows.map { all.predictions[$0] },
                weights: all.weights.map { weights in rows.map { weights[$0] } }
            ).evaluate(bootstrap: nil, kernels: kernels)
        }
        try expect(all.evaluate(bootstrap: bootstrap, kernels: kernels), equals: intervals)
    }

    @Test("intervals of several labels at once equal those of rows written out", arguments: [false, true])
    func labelsAsRows(weighted: Bool) throws {
        let classes = try classes(40, labels: 3, weighted: weighted)
        let truth = classes.truth.indices.flatMap { row in (0..<3).map { UInt8(($0 + row * row) % 5 < 2 ? 1 : 0) } }
        let all = try MultilabelOutcome(
            labels: 3, truth: truth, probabilities: classes.probabilities, weights: classes.weights)
        let bootstrap = Bootstrap(resamples: 60, level: 0.9, seed: 3)
        let kernels = Kernels(threads: 2)
        let intervals = try naive(bootstrap, rows: 40) { rows in
            try MultilabelOutcome(
                labels: 3, truth: rows.flatMap { truth[$0 * 3..<($0 + 1) * 3] },
                probabilities: rows.flatMap { all.probabilities[$0 * 3..<($0 + 1) * 3] },
                weights: all.weights.map { weights in rows.map { weights[$0] } }
            ).evaluate(bootstrap: nil, kernels: kernels)
        }
        try expect(all.evaluate(bootstrap: bootstrap, kernels: kernels), equals: intervals)
    }

    @Test func `threads do not change a bit, another seed does`() throws {
        let outcome = try classes(200, labels: 3)
        let one = try outcome.evaluate(bootstrap: Bootstrap(seed: 5), kernels: Kernels(threads: 1))
        #expect(try outcome.evaluate(bootstrap: Bootstrap(seed: 5), kernels: Kernels(threads: 3)) == one)
        #expect(try outcome.evaluate(bootstrap: Bootstrap(seed: 6), kernels: Kernels(threads: 1)) != one)
    }

    @Test func `the metrics asked for do not change each other's interval`() throws {
        let outcome = try classes(100, labels: 2)
        let all = try outcome.evaluate(kernels: Kernels(threads: 1))
        let some = try outcome.evaluate([.accuracy, .rocAUC], kernels: Kernels(threads: 1))
        #expect(some.scores == [all["accuracy"], all["roc_auc"]])
    }

    @Test func `the interval of a share is the binomial one`() throws {
        let truth = [Int32](repeating: 1, count: 400)
        let hits = (0..<400).flatMap { $0 < 300 ? [0.2, 0.8] : [0.8, 0.2] }
        let outcome = try ClassificationOutcome(labels: 2, truth: truth, probabilities: hits)
        let score = try #require(outcome.evaluate([.accuracy], kernels: Kernels(threads: 1)).scores.first)
        let halfWidth = 1.96 * (0.75 * 0.25 / 400).squareRoot()
        // A thousand resamples place a 2.5 % quantile to within about 6 % of the half-width.
        #expect(abs(try #require(score.low) - (0.75 - halfWidth)) < 0.2 * halfWidth)
        #expect(abs(try #require(score.high) - (0.75 + halfWidth)) < 0.2 * halfWidth)
    }

    @Test func `fewer resamples are drawn of more rows`() {
        #expect(Bootstrap().resamples(rows: 6_512) == 1_000)
        #expect(Bootstrap().resamples(rows: 20_000) == 500)
        #expect(Bootstrap().resamples(rows: 1_000_000) == 200)
        #expect(Bootstrap(resamples: 50).resamples(rows: 1_000_000) == 50)
    }

    @Test func `no rows and one row have no interval, and no resamples`() throws {
        let none = try RegressionOutcome(truth: [], predictions: []).evaluate(kernels: Kernels(threads: 1))
        #expect(none.resamples == 0)
        for score in none.scores { #expect(score.value == nil && score.reason == "there are no rows") }
        let one = try RegressionOutcome(truth: [1], predictions: [3]).evaluate(kernels: Kernels(threads: 1))
        #expect(one.resamples == 0)
        #expect(one["mean_absolute_error"]?.value == 2 && one["mean_absolute_error"]?.low == nil)
        #expect(one["r2"]?.reason == "one row has no variance")
    }
}

/// Test numbers: xorshift, enough to vary inputs.
struct Numbers {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func unit() -> Double {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Double(state >> 11) * 0x1p-53
    }
}
