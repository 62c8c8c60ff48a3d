import ApusCore
import ApusPipeline

/// How much worse a pipeline judges rows once the values of one feature are shuffled among them: works for any model.
///
/// The feature keeps its distribution and loses its connection with the others and the truth, so that features that
/// carry the same information share little of it each. Cost: one prediction of all rows a feature and repetition.
/// Source: Breiman, "Random forests", Machine Learning 45 (2001).
public struct PermutationImportance: Sendable {
    /// What judges the predictions.
    public var metric: Metric
    /// How often each feature is shuffled.
    public var repeats: Int

    /// By `metric`, as the mean of `repeats` shuffles, at least one.
    public init(metric: Metric, repeats: Int = 5) {
        self.metric = metric
        self.repeats = repeats
    }

    /// The metric that suits a task best where none is asked for.
    public static func metric(for task: LearningTask) -> Metric {
        switch task {
        case .regression: .rmse
        case .binary: .rocAUC
        case .multiclass, .multilabel: .logLoss
        }
    }

    /// The importance of every feature of the pipeline on rows whose truth is known: by how much the metric gets worse.
    /// The same for any number of threads. Throws where the metric is undefined on the rows.
    public func measure(
        _ pipeline: FittedPipeline, on held: HeldOutRows, in context: RunContext
    ) throws -> FeatureImportance {
        guard repeats >= 1 else {
            throw ApusError(
                "a feature is shuffled at least once, found \(repeats)", at: "repeats", kind: .usage)
        }
        let table = try pipeline.inputs.align(held.table)
        let score = try self.score(pipeline, table, held, context)
        let sign = metric.greaterIsBetter ? 1.0 : -1.0
        var features: [FeatureImportance.Feature] = []
        for (position, field) in table.schema.fields.enumerated() {
            var values: [Double] = []
            for repetition in 0..<repeats {
                try context.checkCancellation()
                let random = context.random("permutation_importance.\(field.name).\(repetition)")
                var columns = table.columns
                columns[position] = columns[position].rows(random.permutation(table.rowCount))
                let shuffled = try Table(table.schema, columns, rowCount: table.rowCount)
                values.append(sign * (score - (try self.score(pipeline, shuffled, held, context))))
            }
            let mean = values.reduce(0, +) / Double(repeats)
            let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(repeats)
            features.append(
                FeatureImportance.Feature(field.name, mean, deviation: spread.squareRoot(), values: values))
            context.send(Progress("importance", completed: position + 1, total: table.columns.count))
        }
        return FeatureImportance(
            title: "Permutation importance: how much \(metric.name) worsens, mean of \(repeats)",
            measure: "permutation_\(metric.name)", rows: held.count, features: features, score: score)
    }

    private func score(
        _ pipeline: FittedPipeline, _ table: Table, _ held: HeldOutRows, _ context: RunContext
    ) throws -> Double {
        let evaluation = try Evaluator.evaluate(
            try pipeline.predict(table, offsets: held.offsets, in: context), held.target, weights: held.weights,
            metrics: [metric],
            bootstrap: nil, in: context)
        guard let value = evaluation.scores[0].value else {
            throw ApusError(
                "\(metric.name) is undefined on these rows: \(evaluation.scores[0].reason ?? "no reason given")",
                at: "metric", remedy: "Take another metric, or other rows.")
        }
        return value
    }
}
