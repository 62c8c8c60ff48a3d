import ApusCore
import ApusPipeline

/// A trained artifact whose model learns on: what it was trained with stays as it is.
struct ContinuedModel {
    let artifact: Artifact
    /// The model's learner; parameters that are asked for go over those of the artifact.
    let choice: ModelChoice
    private let path: String

    /// Reads the artifact. Throws where another model or other transforms are asked for.
    init(_ path: String, asked: PluginReference, _ features: FeaturesSection, in context: RunContext) throws {
        artifact = try Artifact.read(path, registry: context.registry)
        self.path = path
        let description = artifact.description
        guard asked.id == Configuration.automaticModel || asked.id == description.learner else {
            throw ApusError(
                "it holds a \(description.learner), \(asked.id) is asked for", at: path,
                remedy: "Leave the model out: what is continued stays what it is.", kind: .usage)
        }
        guard features.transforms == nil else {
            throw ApusError(
                "transforms cannot be changed when a model is continued", at: "features.transforms",
                remedy: "Leave them out: those of \(path) are used.", kind: .usage)
        }
        guard artifact.pipeline.outputTransforms.isEmpty else {
            throw ApusError("a model with output transforms cannot be continued", at: path, kind: .usage)
        }
        var parameters = description.parameters.object ?? [:]
        parameters.merge(asked.parameters) { _, asked in asked }
        choice = ModelChoice(PluginReference(description.learner, parameters), reason: "continues \(path)")
    }

    /// The same data with the labels of the artifact's target. Throws where columns or target are others, with the
    /// first difference.
    func checked(_ data: Dataset, _ question: Dataset.Question) throws -> Dataset {
        func different(_ finding: String, _ place: String, _ remedy: String) -> ApusError {
            ApusError(finding, at: "\(path): \(place)", remedy: remedy)
        }
        let (description, pipeline) = (artifact.description, artifact.pipeline)
        guard question.targets == description.target.names else {
            throw different(
                "it was trained on '\(description.target.title)', this run learns '\(data.targetColumns.title)'",
                "target",
                "Continue with the same target.")
        }
        guard question.offsets == pipeline.offsets else {
            throw different(
                "it was trained with \(list(pipeline.offsets)), this run has \(list(question.offsets))", "offsets",
                "Continue with the same offset columns.")
        }
        let found = data.table.schema.features
        for field in pipeline.inputs.fields {
            guard let position = found.index(of: field.name) else {
                throw different(
                    "the column '\(field.name)' of training is not there, or is set aside", "schema",
                    Nearest.name(to: field.name, among: found.names.filter { pipeline.inputs.index(of: $0) == nil })
                        .map { "Did you mean '\($0)'?" } ?? "")
            }
            let kind = found.fields[position].kind
            guard kind == field.kind else {
                throw different(
                    "the column '\(field.name)' was a \(field.kind.rawValue) in training and is a \(kind.rawValue) here",
                    "schema", "Declare it as in --set data.kinds.\(field.name)=\(field.kind.rawValue).")
            }
        }
        if let extra = found.names.first(where: { pipeline.inputs.index(of: $0) == nil }) {
            throw different(
                "the column '\(extra)' was not there in training", "schema",
                "Leave it out as in --set features.ignore=\(extra).")
        }
        return try data.relabelled(as: description.target)
    }

    private func list(_ names: [String]) -> String {
        names.isEmpty ? "no offsets" : "offsets '\(names.joined(separator: "', '"))'"
    }

    /// The rows as the model sees them.
    func transform(
        _ rows: TrainingRows, in context: RunContext
    ) throws -> (fitted: [any FittedTransform], rows: TrainingRows) {
        let pipeline = artifact.pipeline
        let alignment = try pipeline.inputs.alignment(of: rows.table)
        for (name, count) in alignment.unseen.sorted(by: { $0.key < $1.key }) {
            context.send(
                Warning(
                    "Column '\(name)': \(count.grouped) values have labels that the continued model does not know, and count as missing."
                ))
        }
        let validation = try rows.validation.map { part in
            try part.replacing(features: try pipeline.transform(part.table, in: context))
        }
        let table = try pipeline.transform(alignment.table, in: context)
        return (pipeline.transforms, try rows.replacing(features: table, validation: validation))
    }
}
