/// Rows in falling order of one label's probability: the areas under its ROC and precision-recall curves.
struct Ranking: Sendable {
    /// The areas, nil where undefined.
    struct Areas {
        var rocAUC: Double?
        var averagePrecision: Double?
    }

    /// A row and two flags in one word: a resample reads all of them, so they should stay in the nearest cache.
    private struct Entry {
        private let word: UInt32

        /// `endsTie`: the next row's probability is another one; rows of equal probability are one point of the curve.
        init(row: Int, isPositive: Bool, endsTie: Bool) {
            word = UInt32(row) << 2 | (isPositive ? 2 : 0) | (endsTie ? 1 : 0)
        }

        var row: Int { Int(word >> 2) }
        /// All bits set for a positive row, none for a negative one.
        var positiveMask: Int { -Int((word >> 1) & 1) }
        var endsTie: Bool { word & 1 != 0 }
    }

    private let entries: [Entry]
    private let weights: [Double]?

    /// Most rows that fit an entry.
    static let mostRows = 1 << 30

    init(_ outcome: ClassificationOutcome, of label: Int) {
        let labels = outcome.labels
        self.init(
            outcome.rows, weights: outcome.weights, score: { outcome.probabilities[$0 * labels + label] },
            isPositive: { Int(outcome.truth[$0]) == label }, row: { $0 })
    }

    /// One label's answers; or those of all labels together if `label` is nil, each of which counts as its row does.
    init(_ outcome: MultilabelOutcome, of label: Int?) {
        let labels = outcome.labels
        func cell(_ place: Int) -> Int { label.map { place * labels + $0 } ?? place }
        self.init(
            label == nil ? outcome.truth.count : outcome.rows, weights: outcome.weights,
            score: { outcome.probabilities[cell($0)] }, isPositive: { outcome.truth[cell($0)] != 0 },
            row: { cell($0) / labels })
    }

    private init(
        _ count: Int, weights: [Double]?, score: (Int) -> Double, isPositive: (Int) -> Bool, row: (Int) -> Int
    ) {
        var keys = (0..<count).map { (score: score($0), place: Int32($0)) }
        keys.sort { $0.score != $1.score ? $0.score > $1.score : $0.place < $1.place }
        entries = keys.indices.map { index in
            let place = Int(keys[index].place)
            return Entry(
                row: row(place), isPositive: isPositive(place),
                endsTie: index + 1 == keys.count || keys[index + 1].score != keys[index].score)
        }
        self.weights = weights
    }

    /// The areas when row `i` occurs `counts[i]` times. The ROC area is undefined unless rows of both sorts occur, the
    /// average precision unless a positive row does.
    func areas(_ counts: UnsafeBufferPointer<UInt32>) -> Areas {
        guard let weights else { return areas { Int(counts[$0]) } }
        return areas { weights[$0] * Double(counts[$0]) }
    }

    /// Without weights, sums are whole numbers and exact.
    private func areas(_ count: (Int) -> Int) -> Areas {
        var (positives, all, positivesBefore, allBefore) = (0, 0, 0, 0)
        var (doubleArea, precisionSum) = (0.0, 0.0)
        entries.withUnsafeBufferPointer { entries in
            // No branch but the tie's: whether a row is positive, or drawn at all, cannot be predicted.
            for entry in entries {
                let count = count(entry.row)
                all += count
                positives += count & entry.positiveMask
                guard entry.endsTie else { continue }
                let gained = positives - positivesBefore
                doubleArea += Double((all - allBefore - gained) * (positives + positivesBefore))
                precisionSum += Double(gained * positives) / Double(max(all, 1))
                (positivesBefore, allBefore) = (positives, all)
            }
        }
        return areas(Double(positives), Double(all - positives), doubleArea, precisionSum)
    }

    private func areas(_ count: (Int) -> Double) -> Areas {
        var (positives, negatives, positivesBefore, negativesBefore) = (0.0, 0.0, 0.0, 0.0)
        var (doubleArea, precisionSum) = (0.0, 0.0)
        entries.withUnsafeBufferPointer { entries in
            for entry in entries {
                let count = count(entry.row)
                if entry.positiveMask != 0 { positives += count } else { negatives += count }
                guard entry.endsTie else { continue }
                doubleArea += (negatives - negativesBefore) * (positives + positivesBefore)
                if positives > positivesBefore {
                    precisionSum += (positives - positivesBefore) * positives / (positives + negatives)
                }
                (positivesBefore, negativesBefore) = (positives, negatives)
            }
        }
        return areas(positives, negatives, doubleArea, precisionSum)
    }

    private func areas(
        _ positives: Double, _ negatives: Double, _ doubleArea: Double, _ precisionSum: Double
    ) -> Areas {
        Areas(
            rocAUC: positives > 0 && negatives > 0 ? doubleArea / (2 * positives * negatives) : nil,
            averagePrecision: positives > 0 ? precisionSum / positives : nil)
    }
}
