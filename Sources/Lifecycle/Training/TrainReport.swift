import ApusCore
import ApusPipeline

/// What a training run did, for people and for `--json`.
public struct TrainReport: Sendable {
    /// What was read.
    public struct Data: Sendable {
        /// The file.
        public var path: String
        /// What the reader found.
        public var read: ReadReport
        /// Rows read.
        public var rows: Int
        /// Columns read.
        public var columns: Int
        /// Columns of each kind.
        public var kinds: [(kind: ColumnKind, count: Int)]
        /// Missing cells.
        public var missingCells: Int
        /// The columns with the most missing cells first.
        public var missing: [(column: String, count: Int)]
        /// The target columns.
        public var target: String
        /// The kind of answer.
        public var task: LearningTask
        /// Why this kind.
        public var reason: String
        /// The classes, or the labels that may hold, and how many rows have each; empty for numbers.
        public var classes: [(label: String, count: Int)]
        /// Rows with a target.
        public var answeredRows: Int
        /// Features used.
        public var features: Int
    }

    /// The model that was fitted.
    public struct ModelFacts: Sendable {
        /// Its id.
        public var id: String
        /// Its parameters, defaults included.
        public var parameters: [String: JSON]
        /// Why this model.
        public var reason: String
        /// The transforms before it.
        public var transforms: [String]
        /// What it tells of itself, such as `trees_built`.
        public var facts: [String: JSON] = [:]
    }

    /// How much a feature matters.
    public struct Importance: Sendable {
        /// The feature.
        public var feature: String
        /// Its share of the sum over all that are named.
        public var share: Double
    }

    /// A gate's outcome.
    public struct Gate: Sendable {
        /// The metric.
        public var metric: String
        /// The worst value it may have.
        public var limit: Double
        /// The value on the test part.
        public var value: Double?
        /// Whether the requirement is met.
        public var isMet: Bool
    }

    /// What was read.
    public var data: Data
    /// How rows were divided.
    public var split: Split.Report
    /// The model.
    public var model: ModelFacts
    /// Metrics by part: train, validation, test.
    public var metrics: [(part: String, evaluation: Evaluation)] = []
    /// Metrics of the baselines on the test part.
    public var baselines: [(id: String, evaluation: Evaluation)] = []
    /// How loss and metrics went while fitting; empty where the model has no iterations.
    public var curve = LearningCurve()
    /// Features, the most important first; the measure's name.
    public var importance: [Importance] = []
    /// What importance measures.
    public var importanceMeasure = ""
    /// Requirements.
    public var gates: [Gate] = []
    /// Seconds by phase.
    public var phases: [(phase: String, seconds: Double)] = []
    /// The file that was written.
    public var artifact = ""
    /// What the user should know.
    public var warnings: [String] = []

    /// The evaluation on the test part.
    public var test: Evaluation? { metrics.first { $0.part == "test" }?.evaluation }

    /// The documented form of `--json`.
    public var json: JSON {
        var modelJSON = model.facts
        modelJSON["id"] = .text(model.id)
        modelJSON["parameters"] = .object(model.parameters)
        modelJSON["reason"] = .text(model.reason)
        modelJSON["transforms"] = model.transforms.json
        return [
            "data": data.json, "split": split.json, "model": .object(modelJSON),
            "metrics": .object(Dictionary(uniqueKeysWithValues: metrics.map { ($0.part, $0.evaluation.json) })),
            "baselines": .object(Dictionary(uniqueKeysWithValues: baselines.map { ($0.id, $0.evaluation.json) })),
            "curve": curve.json,
            "importance": .list(importance.map { ["feature": .text($0.feature), "share": $0.share.json] }),
            "importance_measure": .text(importanceMeasure),
            "gates": .list(
                gates.map {
                    ["metric": .text($0.metric), "limit": $0.limit.json, "value": $0.value.json, "met": $0.isMet.json]
                }), "phases": .object(Dictionary(uniqueKeysWithValues: phases.map { ($0.phase, $0.seconds.json) })),
            "artifact": .text(artifact), "warnings": warnings.json,
        ]
    }
}

extension TrainReport.Data {
    /// The documented form.
    var json: JSON {
        [
            "path": .text(path), "format": .text(read.format), "reader": .object(read.settings), "rows": rows.json,
            "columns": columns.json,
            "kinds": .object(Dictionary(uniqueKeysWithValues: kinds.map { ($0.kind.rawValue, $0.count.json) })),
            "missing_cells": missingCells.json,
            "missing": .object(Dictionary(uniqueKeysWithValues: missing.map { ($0.column, $0.count.json) })),
            "skipped_rows": read.skippedRows.json, "target": .text(target), "task": .text(task.rawValue),
            "reason": .text(reason), "features": features.json,
            "classes": .list(classes.map { ["label": .text($0.label), "rows": $0.count.json] }),
        ]
    }
}

extension Split.Report {
    /// The documented form.
    var json: JSON {
        [
            "strategy": .text(strategy), "seed": .number(Double(seed)), "train": train.json,
            "validation": validation.json, "test": test.json, "duplicates": duplicates.json,
            "duplicates_together": duplicatesTogether.json, "notes": notes.json,
        ]
    }
}

extension Evaluation {
    /// Metric → value, low, high.
    public var json: JSON {
        .object(
            Dictionary(
                uniqueKeysWithValues: scores.map { score in
                    var entry: [String: JSON] = [
                        "value": score.value.json, "low": score.low.json, "high": score.high.json,
                    ]
                    if let reason = score.reason { entry["reason"] = .text(reason) }
                    return (score.name, .object(entry))
                }))
    }
}
