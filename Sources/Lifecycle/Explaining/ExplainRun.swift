import ApusCore
import ApusPipeline

/// Explains a trained artifact on the rows of a file.
public struct ExplainRun: Sendable {
    /// What is explained.
    public let artifact: Artifact
    private let reader: String?
    private let parameters: [String: JSON]

    /// Rows whose contributions are held at a time.
    private static let batchRows = 8192

    /// A run of `artifact`, on files that `reader` reads; by default the one that fits a file's name.
    public init(_ artifact: Artifact, reader: String? = nil, parameters: [String: JSON] = [:]) {
        self.artifact = artifact
        self.reader = reader
        self.parameters = parameters
    }

    /// The first rows of the file at `path` (`-`: standard input), explained one by one; all of them where `rows` is 0.
    public func rows(_ path: String, rows: Int, in context: RunContext) throws -> (Explanation, notes: [String]) {
        let (table, notes) = try features(path, in: context)
        let shown = rows > 0 ? try table.slice(0..<min(rows, table.rowCount)) : table
        return (try explain(shown, in: context), notes)
    }

    /// The mean size of each feature's contributions over all rows of the file at `path`, and over the scores.
    public func summary(_ path: String, in context: RunContext) throws -> (FeatureImportance, notes: [String]) {
        let (table, notes) = try features(path, in: context)
        guard table.rowCount > 0 else { throw ApusError("there are no rows to explain", at: path) }
        var sums = [Double](repeating: 0, count: table.columns.count)
        var scores = 1
        for first in stride(from: 0, to: table.rowCount, by: ExplainRun.batchRows) {
            let part = try explain(
                table.slice(first..<min(first + ExplainRun.batchRows, table.rowCount)), in: context)
            scores = part.contributions.count
            for matrix in part.contributions {
                for row in 0..<matrix.rows {
                    for (column, value) in matrix.row(row).dropLast().enumerated() { sums[column] += abs(value) }
                }
            }
            context.send(Progress("explain", completed: first + part.table.rowCount, total: table.rowCount))
        }
        let count = Double(table.rowCount * scores)
        return (
            FeatureImportance(
                title: "Mean size of contributions to the score", measure: "mean_contribution", rows: table.rowCount,
                features: zip(table.schema.names, sums).map { FeatureImportance.Feature($0, $1 / count) }), notes
        )
    }

    /// The model's own measure of importance, which needs no rows.
    public func ownImportance() throws -> FeatureImportance {
        guard let model = artifact.pipeline.model as? any Inspectable,
            model.importance[model.mainImportance] != nil
        else {
            throw ApusError(
                "the model has no measure of importance of its own", remedy: "Give it rows and --importance.",
                kind: .usage)
        }
        return FeatureImportance(
            title: "The model's own importance: \(model.mainImportance)", measure: model.mainImportance, rows: 0,
            features: model.namedImportance.map { FeatureImportance.Feature($0.name, $0.importance) })
    }

    /// Permutation importance on the rows of the file at `path`, which holds the truth; by the metric called `metric`,
    /// or the one that suits the task.
    public func importance(
        _ path: String, metric: String?, repeats: Int, in context: RunContext
    ) throws -> (FeatureImportance, notes: [String]) {
        let metric =
            try metric.map { try Metric.named($0) }
            ?? PermutationImportance.metric(for: artifact.pipeline.outputs.task)
        let (held, notes) = try EvaluationRun(artifact).rows(
            path, reader: reader, parameters: parameters, in: context)
        let importance = PermutationImportance(metric: metric, repeats: repeats)
        return (try importance.measure(artifact.pipeline, on: held, in: context), notes)
    }

    /// Dependence on one or two features over the rows of the file at `path`.
    public func dependence(
        _ path: String, on features: [String], points: Int, in context: RunContext
    ) throws -> (PartialDependence, notes: [String]) {
        let (table, notes) = try self.features(path, in: context)
        return (
            try PartialDependence(
                features, points: points, on: table, by: artifact.pipeline, target: artifact.description.target.title,
                in: context), notes
        )
    }

    private func explain(_ table: Table, in context: RunContext) throws -> Explanation {
        try Explanation(table, by: artifact.pipeline, target: artifact.description.target.title, in: context)
    }

    /// The features of all rows of a file, in the pipeline's order.
    private func features(_ path: String, in context: RunContext) throws -> (Table, [String]) {
        let inputs = artifact.pipeline.inputs
        let (table, report) = try TableFile.read(
            path, reader: reader, parameters: parameters, schema: inputs, in: context)
        do {
            let alignment = try inputs.alignment(of: table)
            let unseen = alignment.unseen.sorted { $0.key < $1.key }.map {
                "Column '\($0.key)': \($0.value.grouped) value\($0.value == 1 ? " was" : "s were") never seen in training and count\($0.value == 1 ? "s" : "") as missing."
            }
            return (alignment.table, report.allNotes + unseen)
        } catch let error as ApusError {
            throw error.at(path == "-" ? "standard input" : path)
        }
    }
}
