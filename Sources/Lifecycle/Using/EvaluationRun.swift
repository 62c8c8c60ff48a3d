import ApusCore
import ApusPipeline

/// Judges a trained artifact on a file that holds the truth.
public struct EvaluationRun: Sendable {
    /// What is judged.
    public let artifact: Artifact

    /// A run of `artifact`.
    public init(_ artifact: Artifact) { self.artifact = artifact }

    /// What was found.
    public struct Report: Sendable {
        /// The file.
        public var path: String
        /// Rows evaluated.
        public var rows: Int
        /// Metrics with intervals.
        public var evaluation: Evaluation
        /// The kind of answer.
        public var task: LearningTask
        /// Rows by true class (outer) and predicted class (inner), in the labels' order; empty where the answer is not
        /// one class.
        public var confusion: [[Int]]
        /// The labels of the answer.
        public var labels: [String]
        /// What the user should know.
        public var notes: [String]

        /// The documented form.
        public var json: JSON {
            [
                "path": .text(path), "rows": rows.json, "task": .text(task.rawValue), "metrics": evaluation.json,
                "labels": labels.json, "confusion": confusion.json, "warnings": notes.json,
            ]
        }
    }

    /// The rows of the file at `path` with the truth in them, and what the user should know about them.
    func rows(
        _ path: String, reader: String?, parameters: [String: JSON], in context: RunContext
    ) throws -> (held: HeldOutRows, notes: [String]) {
        let target = artifact.description.target
        var fields = artifact.pipeline.inputs.fields
        fields += target.fields
        if let weight = artifact.description.weight { fields.append(Field(weight, .number, role: .weight)) }
        fields += artifact.pipeline.offsets.map { Field($0, .number, role: .offset) }
        let (table, read) = try TableFile.read(
            path, reader: reader, parameters: parameters, schema: try Schema(fields), in: context)
        do {
            let weight = artifact.description.weight.flatMap { table.schema.index(of: $0) == nil ? nil : $0 }
            _ = try artifact.pipeline.offsets(in: table)
            var (held, notes) = try HeldOut.rows(
                of: table, features: artifact.pipeline.inputs, target: target, weight: weight,
                offsets: artifact.pipeline.offsets)
            if let absent = artifact.description.weight, weight == nil {
                notes.append("The weight column '\(absent)' of training is not there: every row counts the same.")
            }
            return (held, read.allNotes + notes)
        } catch let error as ApusError {
            throw error.at(path)
        }
    }

    /// Evaluates on the rows of the file at `path`.
    public func execute(
        _ path: String, reader: String? = nil, parameters: [String: JSON] = [:], bootstrap: Bootstrap?,
        in context: RunContext
    ) throws -> Report {
        let outputs = artifact.pipeline.outputs
        let (held, notes) = try rows(path, reader: reader, parameters: parameters, in: context)
        let prediction = try artifact.pipeline.predict(held.table, offsets: held.offsets, in: context)
        let evaluation = try Evaluator.evaluate(
            prediction, held.target, weights: held.weights, bootstrap: bootstrap, in: context)
        var confusion: [[Int]] = []
        if case .classes(let codes, let labels) = held.target {
            confusion = labels.map { _ in labels.map { _ in 0 } }
            for row in codes.indices { confusion[Int(codes[row])][prediction.classIndex(row)] += 1 }
        }
        return Report(
            path: path, rows: held.count, evaluation: evaluation, task: outputs.task, confusion: confusion,
            labels: outputs.labels, notes: notes)
    }
}
