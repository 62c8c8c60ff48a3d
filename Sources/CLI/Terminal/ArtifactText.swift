import ApusCore
import ApusLifecycle
import ApusPipeline

/// An artifact as people read it, in 80 columns.
struct ArtifactText {
    let terminal: Terminal

    func lines(_ path: String, _ artifact: Artifact, _ summary: ArtifactSummary) -> [String] {
        let description = artifact.description
        let outputs = artifact.pipeline.outputs
        var lines = [terminal.bold("\(path): \(description.learner), \(outputs.task.rawValue)")]
        lines.append(
            row(
                "Target",
                description.target.title
                    + (outputs.task.isClassification ? ": " + outputs.labels.joined(separator: ", ") : "")))
        if let offsets = description.offsets { lines.append(row("Offsets", offsets.joined(separator: ", "))) }
        lines.append(row("Pipeline", (description.transforms + [description.learner]).joined(separator: " → ")))
        let data = description.data
        lines.append(
            row(
                "Data",
                "\(data.rows.grouped) rows × \(data.columns.grouped) columns, sha256 \(data.digest?.prefix(16) ?? "–")…"
            ))
        if let split = description.split {
            lines.append(
                row(
                    "Split",
                    "\(split.strategy), seed \(split.seed): \(split.train.grouped) train, \(split.validation.grouped) validation, \(split.test.grouped) test"
                ))
        }
        lines.append(row("Written", "by apus \(description.apus)"))
        if !summary.facts.isEmpty {
            lines.append(
                row(
                    "Model",
                    summary.facts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.serialized())" }.joined(
                        separator: ", ")))
        }
        let parameters = (description.parameters.object ?? [:]).sorted { $0.key < $1.key }
        lines.append(row("Parameters", parameters.map { "\($0.key) \($0.value.serialized())" }.joined(separator: ", ")))
        lines += metrics(description.metrics) + features(artifact, summary)
        return lines
    }

    private func row(_ label: String, _ text: String) -> String {
        let lines = text.wrapped(Terminal.width - 12).split(separator: "\n", omittingEmptySubsequences: false)
        let indent = String(repeating: " ", count: 12)
        return label.left(12) + lines.joined(separator: "\n" + indent)
    }

    private func metrics(_ metrics: JSON) -> [String] {
        let parts = ["train", "validation", "test"].filter { metrics[$0] != nil }
        guard !parts.isEmpty, let names = metrics[parts[parts.count - 1]]?.object?.keys.sorted() else { return [] }
        var lines = ["", terminal.bold("Metric".left(26)) + parts.map { $0.right(16) }.joined()]
        for name in names {
            lines.append(
                "  " + name.left(24)
                    + parts.map { part in
                        (metrics[part]?[name]?["value"]?.number.map { NumberText.metric($0) } ?? "–").right(16)
                    }.joined())
        }
        return lines
    }

    private func features(_ artifact: Artifact, _ summary: ArtifactSummary) -> [String] {
        let width = min(28, max(7, artifact.pipeline.inputs.names.map(\.count).max() ?? 0))
        var lines = ["", terminal.bold("Feature".left(width)) + " kind       missing  training values"]
        for (field, feature) in zip(artifact.pipeline.inputs.fields, artifact.reference.features) {
            var values = ""
            if let quantiles = feature.quantiles, quantiles.count == 11 {
                values = [quantiles[0], quantiles[5], quantiles[10]].map { NumberText.short($0) }.joined(
                    separator: " … ")
            } else if let counts = feature.counts, let labels = field.categories {
                let top = zip(labels, counts).sorted { $0.1 > $1.1 }.prefix(3)
                values = top.map { "\($0.0) (\($0.1.grouped))" }.joined(separator: ", ")
            }
            let missing = feature.missing > 0 ? "\(NumberText.fixed(feature.missing * 100, 1)) %" : "–"
            let line =
                field.name.fitted(width).left(width) + " " + field.kind.rawValue.left(10) + missing.right(8) + "  "
                + values
            lines.append(line.fitted(Terminal.width))
            if lines.count > 42 {
                lines.append("… and \((artifact.pipeline.inputs.fields.count - 40).grouped) more; --json shows all")
                break
            }
        }
        return lines
    }
}
