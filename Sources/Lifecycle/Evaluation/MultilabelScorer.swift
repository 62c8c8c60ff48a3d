import ApusKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The metrics of several labels at once, of rows that occur any number of times.
struct MultilabelScorer: Scorer {
    let metrics: [Metric]
    let rows: Int
    private let labels: Int
    private let weights: [Double]
    /// Of each row: weighted shares of wrong decisions, whether none is wrong, mean log loss, ranking precision.
    private let wrongShares: [Double]
    private let areAllRight: [Double]
    private let logLosses: [Double]
    private let rankingPrecisions: [Double]
    /// Bit 0 tells whether the label holds, bit 1 whether it is said to. (rows, labels)
    private let decisions: [UInt8]
    /// One ranking a label; empty where nobody asks.
    private let rankings: [Ranking]
    /// The ranking of all answers; nil where nobody asks.
    private let together: Ranking?

    init(_ outcome: MultilabelOutcome, metrics: [Metric], kernels: Kernels) {
        let (rows, labels) = (outcome.rows, outcome.labels)
        let weights = outcome.weights ?? [Double](repeating: 1, count: rows)
        let decisions = zip(outcome.truth, outcome.probabilities).map { $0 | ($1 >= 0.5 ? 2 : 0) }
        let wrong = (0..<rows).map { row in
            decisions[row * labels..<(row + 1) * labels].count { $0 == 1 || $0 == 2 }
        }
        self.metrics = metrics
        self.rows = rows
        self.labels = labels
        self.weights = weights
        self.decisions = decisions
        wrongShares = (0..<rows).map { weights[$0] * Double(wrong[$0]) / Double(labels) }
        areAllRight = (0..<rows).map { wrong[$0] == 0 ? weights[$0] : 0 }
        logLosses =
            metrics.contains(.logLoss)
            ? (0..<rows).map { row in
                var sum = 0.0
                for cell in row * labels..<(row + 1) * labels {
                    let probability = outcome.probabilities[cell]
                    let right = outcome.truth[cell] != 0 ? probability : 1 - probability
                    sum -= log(min(max(right, .ulpOfOne), 1 - .ulpOfOne))
                }
                return weights[row] * sum / Double(labels)
            } : []
        rankingPrecisions =
            metrics.contains(.rankingAveragePrecision)
            ? (0..<rows).map { weights[$0] * MultilabelScorer.rankingPrecision(outcome, $0) } : []
        rankings = metrics.contains(.rocAUC) ? kernels.parallelMap(labels) { Ranking(outcome, of: $0) } : []
        together = metrics.contains(.rocAUCMicro) ? Ranking(outcome, of: nil) : nil
    }

    /// The mean over the labels that hold of how many hold among those that score no lower; 1 where all or none hold,
    /// as scikit-learn has it. Source: Tsoumakas, Katakis and Vlahavas, Mining Multi-label Data, 2010.
    private static func rankingPrecision(_ outcome: MultilabelOutcome, _ row: Int) -> Double {
        let labels = outcome.labels
        let cells = (row * labels..<(row + 1) * labels).sorted {
            outcome.probabilities[$0] > outcome.probabilities[$1]
        }
        let relevant = cells.count { outcome.truth[$0] != 0 }
        guard relevant > 0, relevant < labels else { return 1 }
        var (sum, holding, start) = (0.0, 0, 0)
        while start < labels {
            // Labels of one score share the rank of the last of them.
            var end = start
            while end < labels, outcome.probabilities[cells[end]] == outcome.probabilities[cells[start]] { end += 1 }
            let here = cells[start..<end].count { outcome.truth[$0] != 0 }
            holding += here
            sum += Double(here) * Double(holding) / Double(end)
            start = end
        }
        return sum / Double(relevant)
    }

    func scores(_ counts: UnsafeBufferPointer<UInt32>) -> [Double?] {
        let total = weightedSum(weights, counts)
        guard total > 0 else { return metrics.map { _ in nil } }
        let sums = metrics.contains { [.f1Micro, .f1Macro, .f1Weighted].contains($0) } ? decisionSums(counts) : []
        return metrics.map { metric -> Double? in
            switch metric {
            case .hammingLoss: weightedSum(wrongShares, counts) / total
            case .subsetAccuracy: weightedSum(areAllRight, counts) / total
            case .logLoss: weightedSum(logLosses, counts) / total
            case .rankingAveragePrecision: weightedSum(rankingPrecisions, counts) / total
            case .rocAUC: meanArea(counts)
            case .rocAUCMicro: together?.areas(counts).rocAUC
            case .f1Micro: f1(sums.reduce(into: SIMD4<Double>.zero) { $0 += $1 })
            case .f1Macro: sums.reduce(0) { $0 + f1($1) } / Double(labels)
            case .f1Weighted: f1Weighted(sums)
            default: nil
            }
        }
    }

    func reason(_ metric: Metric) -> String {
        if rows == 0 { return "there are no rows" }
        if !weights.contains(where: { $0 > 0 }) { return "all weights are 0" }
        return metric == .rocAUC ? "a label holds in all rows or in none" : "all labels hold, or none does"
    }

    /// Of each label the weight of rows by decision: right no, missed, false alarm, right yes.
    private func decisionSums(_ counts: UnsafeBufferPointer<UInt32>) -> [SIMD4<Double>] {
        var sums = [SIMD4<Double>](repeating: .zero, count: labels)
        for row in 0..<rows where counts[row] > 0 {
            let weight = weights[row] * Double(counts[row])
            for label in 0..<labels { sums[label][Int(decisions[row * labels + label])] += weight }
        }
        return sums
    }

    /// 0 where the label neither holds nor is said to, as scikit-learn has it.
    private func f1(_ sums: SIMD4<Double>) -> Double {
        let below = 2 * sums[3] + sums[1] + sums[2]
        return below > 0 ? 2 * sums[3] / below : 0
    }

    private func f1Weighted(_ sums: [SIMD4<Double>]) -> Double {
        let support = sums.reduce(0) { $0 + $1[1] + $1[3] }
        return support > 0 ? sums.reduce(0) { $0 + f1($1) * ($1[1] + $1[3]) } / support : 0
    }

    private func meanArea(_ counts: UnsafeBufferPointer<UInt32>) -> Double? {
        var sum = 0.0
        for ranking in rankings {
            guard let area = ranking.areas(counts).rocAUC else { return nil }
            sum += area
        }
        return sum / Double(labels)
    }
}
