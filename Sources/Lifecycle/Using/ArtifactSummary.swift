import ApusCore
import ApusPipeline

/// What stands in an artifact: what `apus inspect income.apus` shows.
public struct ArtifactSummary: Sendable {
    /// What the model tells of itself.
    public let facts: [String: JSON]
    /// The documented form.
    public let json: JSON

    /// The summary of an artifact.
    public init(_ artifact: Artifact) {
        let description = artifact.description
        let outputs = artifact.pipeline.outputs
        let model = artifact.pipeline.model as? any Inspectable
        facts = model?.facts ?? [:]
        var importance: [String: JSON] = [:]
        if let model, let values = model.importance[model.mainImportance] {
            importance = Dictionary(
                zip(model.inputs.names, values.map(\.json)), uniquingKeysWith: { first, _ in first })
        }
        json = [
            "target": .text(description.target.title), "targets": description.target.names.json,
            "task": .text(outputs.task.rawValue), "labels": outputs.labels.json,
            "offsets": (description.offsets ?? []).json, "transforms": description.transforms.json,
            "learner": .text(description.learner),
            "parameters": description.parameters, "model": .object(facts), "metrics": description.metrics,
            "split": description.split?.json ?? .null, "apus": .text(description.apus),
            "data": [
                "rows": description.data.rows.json, "columns": description.data.columns.json,
                "sha256": description.data.digest.json,
            ],
            "features": .list(
                zip(artifact.pipeline.inputs.fields, artifact.reference.features).map { field, feature in
                    [
                        "name": .text(field.name), "kind": .text(field.kind.rawValue),
                        "categories": field.categories.json, "width": field.width.json, "missing": feature.missing.json,
                        "mean": feature.mean.json,
                        "deviation": feature.deviation.json, "quantiles": feature.quantiles.json,
                        "counts": feature.counts.json,
                    ]
                }), "importance": .object(importance),
        ]
    }
}
