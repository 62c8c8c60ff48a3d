import ApusCore

/// Answers at random: a class with probability 1, drawn uniformly or by its share in training; each of several labels
/// likewise by itself; for numbers, drawn between the least and the greatest, or from the training values.
///
/// The draw for a row is keyed by the seed of the fit and by what stands in the row, so that equal rows get equal
/// answers and neither order nor batches matter.
public struct RandomAnswer: Learner {
    /// How answers are drawn.
    public enum Strategy: String, ParameterChoice, Codable {
        /// Every class alike; numbers evenly over their range.
        case uniform
        /// As often as in training.
        case stratified
    }

    /// What it is.
    public static let descriptor = Descriptor(
        id: "baseline.random", summary: "Answers drawn at random, uniformly or as often as in training",
        tasks: Set(LearningTask.allCases),
        capabilities: [.missingValues, .categories, .text, .timestamps, .vectors, .scaleInvariant],
        weights: .exact(tolerance: 1e-9))

    /// How answers are drawn.
    @Parameter("Draw every answer alike, or as often as in training.") public var strategy = Strategy.stratified

    /// All parameters at their defaults.
    public init() {}

    /// Learns what to draw from. Cost: one pass over the target, for numbers a sort.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try context.checkCancellation()
        let target = try rows.target
        guard rows.count > 0 else { throw ApusError("there are no rows to learn from", at: RandomAnswer.descriptor.id) }
        let answers: [Double]
        switch (target, strategy) {
        case (.values(let values), _): answers = quantiles(values, rows.weights)
        case (.classes, .stratified): answers = classShares(target, rows.weights)
        case (.classes(_, let labels), .uniform):
            answers = [Double](repeating: 1 / Double(labels.count), count: labels.count)
        case (.flags, .stratified): answers = labelShares(target, rows.weights)
        case (.flags(_, let labels), .uniform): answers = [Double](repeating: 0.5, count: labels.count)
        }
        return RandomAnswerModel(
            inputs: try rows.table.schema, outputs: Prediction.Schema(for: target), strategy: strategy,
            answers: answers, seed: context.seed)
    }

    /// Evenly spaced order statistics, enough to draw from without keeping all rows.
    private func quantiles(_ values: Buffer<Double>, _ weights: Buffer<Double>?) -> [Double] {
        let order = values.indices.filter { (weights?[$0] ?? 1) > 0 }.sorted { values[$0] < values[$1] }
        let total = order.reduce(0) { $0 + (weights?[$1] ?? 1) }
        let count = 1024
        var result: [Double] = []
        var (place, sum) = (0, 0.0)
        for step in 0..<count {
            let wanted = total * (Double(step) + 0.5) / Double(count)
            while place < order.count - 1, sum + (weights?[order[place]] ?? 1) < wanted {
                sum += weights?[order[place]] ?? 1
                place += 1
            }
            result.append(values[order[place]])
        }
        return result
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        let saved: RandomAnswerModel.Saved = try state.decode()
        let isRegression = saved.outputs.task == .regression
        guard !saved.answers.isEmpty, saved.answers.allSatisfy(\.isFinite),
            isRegression || saved.answers.count == saved.outputs.outputs, let seed = UInt64(saved.seed)
        else { throw ApusError("the state of \(descriptor.id) is damaged", remedy: "Train the model again.") }
        return RandomAnswerModel(
            inputs: saved.inputs, outputs: saved.outputs, strategy: saved.strategy, answers: saved.answers, seed: seed)
    }
}
