/// Rows in falling order of one label's probability: the areas under its ROC and precision-recall curves.
struct Ranking: Sendable {
    /// The areas, nil where undefined.
    struct Areas {
        var rocAUC: Double?
        var averagePrecision: Double?
    }

    private struct Entry {
        var row: Int32
        var isPositive: Bool
        /// Whether the next row's probability is another one; rows of equal probability are one point of the curve.
        var endsTie: Bool
        var weight: Double
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
            return Entry(
                row: keys[index].row, isPositive: Int(outcome.truth[row]) == label,
                endsTie: index + 1 == keys.count || keys[index + 1].score != keys[index].score,
                weight: outcome.weights?[row] ?? 1)
        }
    }

    /// The areas when row `i` occurs `counts[i]` times. The ROC area is undefined unless rows of both sorts occur, the
    /// average precision unless a positive row does.
    func areas(_ counts: UnsafeBufferPointer<UInt32>) -> Areas {
        var (positives, negatives, positivesBefore, negativesBefore) = (0.0, 0.0, 0.0, 0.0)
        var (doubleArea, precisionSum) = (0.0, 0.0)
        entries.withUnsafeBufferPointer { entries in
            for entry in entries {
                let weight = entry.weight * Double(counts[Int(entry.row)])
                positives += entry.isPositive ? weight : 0
                negatives += entry.isPositive ? 0 : weight
                guard entry.endsTie else { continue }
                doubleArea += (negatives - negativesBefore) * (positives + positivesBefore)
                if positives > positivesBefore {
                    precisionSum += (positives - positivesBefore) * positives / (positives + negatives)
                }
                (positivesBefore, negativesBefore) = (positives, negatives)
            }
        }
        return Areas(
            rocAUC: positives > 0 && negatives > 0 ? doubleArea / (2 * positives * negatives) : nil,
            averagePrecision: positives > 0 ? precisionSum / positives : nil)
    }
}
