import ApusKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The classification metrics of rows that occur any number of times.
struct ClassificationScorer: Scorer {
    let metrics: [Metric]
    let rows: Int
    private let labels: Int
    private let weights: [Double]?
    /// `truth * labels + predicted` of each row.
    private let cells: [Int32]
    /// Weighted log loss and Brier score of each row; empty where nobody asks for them.
    private let logLosses: [Double]
    private let brierScores: [Double]
    /// One ranking for two labels, one a label for more; empty where nobody asks for them.
    private let rankings: [Ranking]

    init(_ outcome: ClassificationOutcome, metrics: [Metric], kernels: Kernels) {
        let (rows, labels, probabilities) = (outcome.rows, outcome.labels, outcome.probabilities)
        self.metrics = metrics
        self.rows = rows
        self.labels = labels
        weights = outcome.weights
        cells = (0..<rows).map { row in
            let start = row * labels
            var predicted = 0
            for label in 1..<labels where probabilities[start + label] > probabilities[start + predicted] {
                predicted = label
            }
            return outcome.truth[row] * Int32(labels) + Int32(predicted)
        }
        let weight = { row in outcome.weights?[row] ?? 1 }
        logLosses =
            metrics.contains(.logLoss)
            ? (0..<rows).map { row in
                let probability = probabilities[row * labels + Int(outcome.truth[row])]
                return -weight(row) * log(min(max(probability, .ulpOfOne), 1 - .ulpOfOne))
            } : []
        // Two labels count the same error twice; halving it is the customary range of 0 to 1.
        let scale = labels == 2 ? 0.5 : 1
        brierScores =
            metrics.contains(.brierScoreLoss)
            ? (0..<rows).map { row in
                var sum = 0.0
                for label in 0..<labels {
                    let hit = Int(outcome.truth[row]) == label ? 1.0 : 0
                    let error = hit - probabilities[row * labels + label]
                    sum += error * error
                }
                return scale * weight(row) * sum
            } : []
        guard metrics.contains(.rocAUC) || metrics.contains(.averagePrecision) else {
            rankings = []
            return
        }
        let ranked = labels == 2 ? [outcome.positive] : Array(0..<labels)
        rankings = kernels.parallelMap(ranked.count) { Ranking(outcome, of: ranked[$0]) }
    }

    func scores(_ counts: UnsafeBufferPointer<UInt32>) -> [Double?] {
        let table = confusion(counts)
        let total = table.weights.reduce(0, +)
        guard total > 0 else { return metrics.map { _ in nil } }
        let areas = rankings.map { $0.areas(counts) }
        return metrics.map { metric in
            switch metric {
            case .accuracy: (0..<labels).reduce(0) { $0 + table.weights[$1 * labels + $1] } / total
            case .balancedAccuracy: balancedAccuracy(table.weights)
            case .f1Macro: f1Macro(table)
            case .logLoss: weightedSum(logLosses, counts) / total
            case .brierScoreLoss: weightedSum(brierScores, counts) / total
            case .rocAUC: mean(areas.map(\.rocAUC))
            case .averagePrecision: mean(areas.map(\.averagePrecision))
            default: nil
            }
        }
    }

    func reason(_ metric: Metric) -> String {
        if rows == 0 { return "there are no rows" }
        if let weights, !weights.contains(where: { $0 > 0 }) { return "all weights are 0" }
        return labels == 2
            ? "only one of the two labels occurs" : "not every one of the \(labels) labels occurs"
    }

    /// Rows and weights of each (truth, prediction) pair.
    private typealias Confusion = (rows: [Int], weights: [Double])

    private func confusion(_ counts: UnsafeBufferPointer<UInt32>) -> Confusion {
        // Four tables in turn: one would wait for its own last addition, most rows being of the same few cells.
        let size = labels * labels
        var tables = [Int](repeating: 0, count: 4 * size)
        tables.withUnsafeMutableBufferPointer { tables in
            cells.withUnsafeBufferPointer { cells in
                for row in cells.indices { tables[(row & 3) * size + Int(cells[row])] += Int(counts[row]) }
            }
        }
        let table = (0..<size).map { tables[$0] + tables[size + $0] + tables[2 * size + $0] + tables[3 * size + $0] }
        guard let weights else { return (table, table.map(Double.init)) }
        var weighted = [Double](repeating: 0, count: labels * labels)
        for row in 0..<rows { weighted[Int(cells[row])] += weights[row] * Double(counts[row]) }
        return (table, weighted)
    }

    private func balancedAccuracy(_ weights: [Double]) -> Double {
        var (sum, occurring) = (0.0, 0.0)
        for label in 0..<labels {
            let total = weights[label * labels..<(label + 1) * labels].reduce(0, +)
            guard total > 0 else { continue }
            sum += weights[label * labels + label] / total
            occurring += 1
        }
        return sum / occurring
    }

    private func f1Macro(_ table: Confusion) -> Double {
        var (sum, occurring) = (0.0, 0.0)
        for label in 0..<labels {
            var (rowCount, weight) = (0, 0.0)
            for other in 0..<labels {
                rowCount += table.rows[label * labels + other] + table.rows[other * labels + label]
                weight += table.weights[label * labels + other] + table.weights[other * labels + label]
            }
            guard rowCount > 0 else { continue }
            occurring += 1
            if weight > 0 { sum += 2 * table.weights[label * labels + label] / weight }
        }
        return sum / occurring
    }

    private func mean(_ values: [Double?]) -> Double? {
        var sum = 0.0
        for value in values {
            guard let value else { return nil }
            sum += value
        }
        return sum / Double(values.count)
    }
}

/// Σ values[i] × counts[i], in four lanes: a single one would wait for each addition.
func weightedSum(_ values: [Double], _ counts: UnsafeBufferPointer<UInt32>) -> Double {
    values.withUnsafeBufferPointer { values in
        var lanes = SIMD4<Double>.zero
        let even = values.count & ~3
        for start in stride(from: 0, to: even, by: 4) {
            lanes += SIMD4(
                values[start] * Double(counts[start]), values[start + 1] * Double(counts[start + 1]),
                values[start + 2] * Double(counts[start + 2]), values[start + 3] * Double(counts[start + 3]))
        }
        var sum = lanes.sum()
        for row in even..<values.count { sum += values[row] * Double(counts[row]) }
        return sum
    }
}
