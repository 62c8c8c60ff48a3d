/// What a model answers: rows × outputs, and what the outputs are.
public struct Prediction: Sendable {
    /// What the outputs are.
    public struct Schema: Sendable, Codable, Equatable {
        /// The kind of answer.
        public var task: LearningTask
        /// The labels, one an output, whose probabilities the outputs are; empty for a regression, whose only output is
        /// the value.
        public var labels: [String]

        /// Numbers, or probabilities of `labels`.
        public init(task: LearningTask, labels: [String] = []) {
            self.task = task
            self.labels = labels
        }

        /// The answer to questions like `target`.
        public init(for target: Target) { self.init(task: target.task, labels: target.labels) }

        /// How many outputs a row has.
        public var outputs: Int { task == .regression ? 1 : labels.count }
    }

    /// What the outputs are.
    public let schema: Schema
    /// `(rows, outputs)`: the values; or for each row the probabilities of the classes, which sum to 1; or for several
    /// labels at once the probability that each holds, which do not.
    public let values: Matrix<Double>

    /// A prediction; throws where the outputs differ from the schema.
    public init(_ schema: Schema, _ values: Matrix<Double>) throws {
        guard values.columns == schema.outputs else {
            throw ApusError("a model promised \(schema.outputs) outputs and gave \(values.columns)", kind: .plugin)
        }
        self.schema = schema
        self.values = values
    }

    /// The number of rows.
    public var count: Int { values.rows }

    /// The value of `row`, or the probability of the positive class of two. Of more outputs, the last.
    public func value(_ row: Int) -> Double { values[row, schema.outputs - 1] }

    /// The most probable class of `row`; the first of equal ones. Nil where the answer is not one class.
    public func label(_ row: Int) -> String? {
        guard schema.task.isClassification else { return nil }
        return schema.labels[classIndex(row)]
    }

    /// Whether the label of an output holds for `row`: whether its probability is at least one half.
    public func holds(_ row: Int, _ output: Int) -> Bool { values[row, output] >= 0.5 }

    /// All labels that hold for `row`, for a multilabel answer; the class, where it is one; none for a regression.
    public func labels(_ row: Int) -> [String] {
        guard schema.task == .multilabel else { return label(row).map { [$0] } ?? [] }
        return schema.labels.indices.filter { holds(row, $0) }.map { schema.labels[$0] }
    }

    /// The position of the most probable output of `row`, the first of equal ones.
    public func classIndex(_ row: Int) -> Int {
        var best = 0
        for output in 1..<max(1, values.columns) where values[row, output] > values[row, best] { best = output }
        return best
    }
}
