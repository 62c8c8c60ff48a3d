import ApusCore

/// Always answers the shares of the classes or labels in training, or the mean.
public struct ZeroRule: Learner {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "baseline.zero_rule", summary: "Always the shares of classes or labels, or the mean, of the training rows",
        tasks: Set(LearningTask.allCases),
        capabilities: [.missingValues, .categories, .text, .timestamps, .vectors, .scaleInvariant],
        weights: .exact(tolerance: 1e-9))

    /// All parameters at their defaults.
    public init() {}

    /// Learns the answer. Cost: one pass over the target.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try context.checkCancellation()
        let target = try rows.target
        guard rows.count > 0 else { throw ApusError("there are no rows to learn from", at: ZeroRule.descriptor.id) }
        let answer =
            switch target {
            case .values(let values): [mean(values, rows.weights)]
            case .classes: classShares(target, rows.weights)
            case .flags: labelShares(target, rows.weights)
            }
        return ZeroRuleModel(inputs: try rows.table.schema, outputs: Prediction.Schema(for: target), answer: answer)
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        let saved: ZeroRuleModel.Saved = try state.decode()
        guard saved.answer.count == saved.outputs.outputs, saved.answer.allSatisfy(\.isFinite) else {
            throw ApusError("the state of \(descriptor.id) is damaged", remedy: "Train the model again.")
        }
        return ZeroRuleModel(inputs: saved.inputs, outputs: saved.outputs, answer: saved.answer)
    }
}

/// The fitted zero rule.
struct ZeroRuleModel: Model {
    struct Saved: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var answer: [Double]
    }

    let inputs: Schema
    let outputs: Prediction.Schema
    let answer: [Double]

    func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        let rows = try inputs.align(table).rowCount
        return try Prediction(
            outputs,
            Matrix(rows: rows, columns: answer.count) { target in
                for place in target.indices { target[place] = answer[place % answer.count] }
            })
    }

    func state() throws -> State {
        try State(of: ZeroRule.self, Saved(inputs: inputs, outputs: outputs, answer: answer))
    }
}

/// The weighted mean, as a running one so that large values do not overflow.
func mean(_ values: Buffer<Double>, _ weights: Buffer<Double>?) -> Double {
    var mean = 0.0
    var total = 0.0
    for (row, value) in values.enumerated() {
        let weight = weights?[row] ?? 1
        guard weight > 0 else { continue }
        total += weight
        mean += (value - mean) * (weight / total)
    }
    return mean
}

/// The weighted share of each class.
func classShares(_ target: Target, _ weights: Buffer<Double>?) -> [Double] {
    guard case .classes(let codes, let labels) = target else { return [] }
    var sums = [Double](repeating: 0, count: labels.count)
    for (row, code) in codes.enumerated() { sums[Int(code)] += weights?[row] ?? 1 }
    let total = sums.reduce(0, +)
    return sums.map { total > 0 ? $0 / total : 1 / Double(labels.count) }
}

/// The weighted share of the rows in which each label holds.
func labelShares(_ target: Target, _ weights: Buffer<Double>?) -> [Double] {
    guard case .flags(let flags, let labels) = target else { return [] }
    var (sums, total) = ([Double](repeating: 0, count: labels.count), 0.0)
    for row in 0..<target.count {
        let weight = weights?[row] ?? 1
        total += weight
        for label in labels.indices where flags[row * labels.count + label] != 0 { sums[label] += weight }
    }
    return sums.map { total > 0 ? $0 / total : 0.5 }
}
