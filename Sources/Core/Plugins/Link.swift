/// What an objective's scores mean: how they become outputs. A value that a model saves, so that it predicts without
/// its objective.
public enum Link: String, Sendable, Codable, CaseIterable {
    /// One score, which is the value.
    case identity
    /// One score, the logarithm of the value.
    case exponential
    /// One score, the log odds of the second of two classes; of one class alone the probability is 1.
    case logistic
    /// One score a class; probabilities are proportional to their exponentials.
    case softmax
    /// One score a class, its log odds against the others; the probabilities are divided by their sum.
    case oneVersusAll = "one_versus_all"
    /// One score a label, its log odds, whatever holds of the others.
    case sigmoid

    /// How many scores a row has for answers of `schema`; nil where the link cannot give such answers.
    public func scores(for schema: Prediction.Schema) -> Int? {
        switch (self, schema.task) {
        case (.identity, .regression), (.exponential, .regression): 1
        case (.logistic, .binary): (1...2).contains(schema.labels.count) ? 1 : nil
        case (.softmax, .binary), (.softmax, .multiclass), (.oneVersusAll, .binary), (.oneVersusAll, .multiclass):
            schema.labels.count >= 2 ? schema.labels.count : nil
        case (.sigmoid, .multilabel): schema.labels.isEmpty ? nil : schema.labels.count
        default: nil
        }
    }

    /// Turns scores into outputs, both row-major: `(rows, scores)` → `(rows, outputs)`, which must not overlap. Finite
    /// scores give finite outputs. Outputs that the scores do not suffice for become NaN. The bits depend on no
    /// machine.
    public func apply(
        rows: Int, scores: UnsafeBufferPointer<Double>, outputs: UnsafeMutableBufferPointer<Double>
    ) {
        guard rows > 0, let source = scores.baseAddress, let target = outputs.baseAddress else { return }
        let (width, count) = (scores.count / rows, outputs.count / rows)
        let isOneScore = self == .identity || self == .exponential || self == .logistic
        guard isOneScore ? width == 1 && (count == 1 || count == 2 && self == .logistic) : width == count else {
            return outputs.update(repeating: .nan)
        }
        switch self {
        case .identity: target.update(from: source, count: rows)
        case .exponential: for row in 0..<rows { target[row] = DeterministicMath.exp(source[row]) }
        case .logistic:
            guard count == 2 else { return target.update(repeating: 1, count: rows) }
            for row in 0..<rows {
                let (unlikely, likely) = Link.sides(source[row])
                target[2 * row] = source[row] >= 0 ? unlikely : likely
                target[2 * row + 1] = source[row] >= 0 ? likely : unlikely
            }
        case .softmax:
            for row in 0..<rows { Link.softmax(count, source + row * count, target + row * count) }
        case .sigmoid:
            for place in 0..<rows * count {
                let (unlikely, likely) = Link.sides(source[place])
                target[place] = source[place] >= 0 ? likely : unlikely
            }
        case .oneVersusAll:
            for row in 0..<rows { Link.oneVersusAll(count, source + row * count, target + row * count) }
        }
    }

    /// `1 / (1 + e^|score|)` and the rest to 1.
    @inline(__always)
    private static func sides(_ score: Double) -> (unlikely: Double, likely: Double) {
        let e = DeterministicMath.exp(-abs(score))
        let likely = 1 / (1 + e)
        return (e * likely, likely)
    }

    @inline(__always)
    private static func softmax(
        _ count: Int, _ scores: UnsafePointer<Double>, _ outputs: UnsafeMutablePointer<Double>
    ) {
        var most = scores[0]
        for k in 1..<max(1, count) where scores[k] > most { most = scores[k] }
        var sum = 0.0
        for k in 0..<count {
            outputs[k] = DeterministicMath.exp(scores[k] - most)
            sum += outputs[k]
        }
        for k in 0..<count { outputs[k] /= sum }
    }

    @inline(__always)
    private static func oneVersusAll(
        _ count: Int, _ scores: UnsafePointer<Double>, _ outputs: UnsafeMutablePointer<Double>
    ) {
        var sum = 0.0
        for k in 0..<count {
            let (unlikely, likely) = sides(scores[k])
            outputs[k] = scores[k] >= 0 ? likely : unlikely
            sum += outputs[k]
        }
        for k in 0..<count { outputs[k] /= sum }
    }
}
