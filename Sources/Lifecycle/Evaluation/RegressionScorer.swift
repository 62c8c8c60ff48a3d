/// The regression metrics of rows that occur any number of times.
struct RegressionScorer: Scorer {
    let metrics: [Metric]
    let rows: Int
    private let weights: [Double]
    /// Weighted squared and absolute errors, and weighted first and second moments of the truth about its mean.
    private let squaredErrors: [Double]
    private let absoluteErrors: [Double]
    private let deviations: [Double]
    private let squaredDeviations: [Double]
    /// Absolute errors in rising order with their rows; empty where nobody asks for the median.
    private let sortedErrors: [(error: Double, row: Int32)]

    init(_ outcome: RegressionOutcome, metrics: [Metric]) {
        let rows = outcome.rows
        let weights = outcome.weights ?? [Double](repeating: 1, count: rows)
        let errors = (0..<rows).map { outcome.predictions[$0] - outcome.truth[$0] }
        let total = weights.reduce(0, +)
        // About the mean, the sums below do not cancel, whatever the target's offset.
        let mean = total > 0 ? (0..<rows).reduce(0) { $0 + weights[$1] / total * outcome.truth[$1] } : 0
        self.metrics = metrics
        self.rows = rows
        self.weights = weights
        squaredErrors = (0..<rows).map { weights[$0] * errors[$0] * errors[$0] }
        absoluteErrors = (0..<rows).map { weights[$0] * errors[$0].magnitude }
        let offsets = outcome.truth.map { $0 - mean }
        deviations = (0..<rows).map { weights[$0] * offsets[$0] }
        squaredDeviations = (0..<rows).map { weights[$0] * offsets[$0] * offsets[$0] }
        sortedErrors =
            metrics.contains(.medianAbsoluteError)
            ? (0..<rows).map { (errors[$0].magnitude, Int32($0)) }.sorted { $0 < $1 } : []
    }

    func scores(_ counts: UnsafeBufferPointer<UInt32>) -> [Double?] {
        let total = weightedSum(weights, counts)
        guard total > 0 else { return metrics.map { _ in nil } }
        let squaredError = weightedSum(squaredErrors, counts)
        return metrics.map { metric -> Double? in
            switch metric {
            case .rmse: finite((squaredError / total).squareRoot())
            case .mae: finite(weightedSum(absoluteErrors, counts) / total)
            case .r2: finite(r2(counts, total: total, squaredError: squaredError))
            case .medianAbsoluteError: finite(median(counts, half: total / 2))
            default: nil
            }
        }
    }

    func reason(_ metric: Metric) -> String {
        if rows == 0 { return "there are no rows" }
        if !weights.contains(where: { $0 > 0 }) { return "all weights are 0" }
        return metric == .r2 && rows < 2 ? "one row has no variance" : "the errors overflow"
    }

    private func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }

    /// 1 - error / variance; a constant truth has no variance: 1 if met exactly, else 0, as scikit-learn has it.
    private func r2(_ counts: UnsafeBufferPointer<UInt32>, total: Double, squaredError: Double) -> Double? {
        guard rows >= 2 else { return nil }
        let shift = weightedSum(deviations, counts)
        let variance = weightedSum(squaredDeviations, counts) - shift * shift / total
        if squaredError == 0 { return 1 }
        return variance > 0 ? 1 - squaredError / variance : 0
    }

    /// The least error that half of the weight does not exceed; halfway to the next one if that half is met exactly.
    private func median(_ counts: UnsafeBufferPointer<UInt32>, half: Double) -> Double? {
        var (below, found) = (0.0, Double?.none)
        for (error, row) in sortedErrors {
            let weight = weights[Int(row)] * Double(counts[Int(row)])
            guard weight > 0 else { continue }
            if let found { return (found + error) / 2 }
            below += weight
            if below < half { continue }
            if below - half > .ulpOfOne { return error }
            found = error
        }
        return found ?? sortedErrors.last?.error
    }
}
