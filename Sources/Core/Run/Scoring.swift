/// A figure by which answers are judged against the truth.
public protocol Scoring: Sendable {
    /// Whether a greater value is a better one.
    var greaterIsBetter: Bool { get }
    /// The value on some rows; throws where it is undefined, as a ranking is where all rows are of one class.
    func score(_ prediction: Prediction, _ target: Target, weights: Buffer<Double>?) throws -> Double
}

/// Finds figures by their names. Metrics stand above the learners, which reach them through the context: to stop early
/// by one, say.
public protocol ScoringSource: Sendable {
    /// The figure of this name; throws where there is none, or where it does not judge targets like `target`.
    func scoring(_ name: String, for target: Target) throws -> any Scoring
}
