/// Rows in falling order of one label's probability: the areas under its ROC and precision-recall curves.
struct Ranking: Sendable {
    /// The areas, nil where undefined.
    struct Areas {
        var rocAUC: Double?
        var averagePrecision: Double?
    }

    private struct Entry {
        var row: Int32
        /// Whether the next row's probability is another one; rows of equal probability are one point of the curve.
        var endsTie: Bool
        /// The row's weight as a positive and as a negative one; one of them is 0.
        var positiveWeight: Double
        var negativeWeight: Double
    }

    private let entries: [Entry]

    init(_ outcome: ClassificationOutcome, of label: Int) {
        let labels = outcome.labels
        var keys = (0..<outcome.rows).map { row in
            (score: outcome.probabilities[row * labels + label], row: Int32(row))
        }
        keys.sort { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
        entries = keys.indices.map { index in
            let row = Int(keys[index].row)
            let weight = outcome.weights?[row] ?? 1
            let isPositive = Int(outcome.truth[row]) == label
            return Entry(
                row: keys[index].row,
                endsTie: index + 1 == keys.count || keys[index + 1].score != keys[index].score,
                positiveWeight: isPositive ? weight : 0, negativeWeight: isPositive ? 0 : weight)
        }
    }

    /// The areas when row `i` occurs `counts[i]` times. The ROC area is undefined unless rows of both sorts occur, the
    /// average precision unless a positive row does.
    func areas(_ counts: UnsafeBufferPointer<UInt32>) -> Areas {
        var (positives, negatives, positivesBefore, negativesBefore) = (0.0, 0.0, 0.0, 0.0)
        var (doubleArea, precisionSum) = (0.0, 0.0)
        entries.withUnsafeBufferPointer { entries in
            // No branch but the tie's: whether a row is positive, or drawn at all, cannot be predicted.
            for entry in entries {
                let count = Double(counts[Int(entry.row)])
                positives += entry.positiveWeight * count
                negatives += entry.negativeWeight * count
                guard entry.endsTie else { continue }
                doubleArea += (negatives - negativesBefore) * (positives + positivesBefore)
                precisionSum +=
                    (positives - positivesBefore) * positives / max(positives + negatives, .leastNormalMagnitude)
                (positivesBefore, negativesBefore) = (positives, negatives)
            }
        }
        return Areas(
            rocAUC: positives > 0 && negatives > 0 ? doubleArea / (2 * positives * negatives) : nil,
            averagePrecision: positives > 0 ? precisionSum / positives : nil)
    }
}
