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
        let facts = summary.facts.sorted { $0.key < $1.key }
        let texts = facts.compactMap { key, value in text(value).map { "\(key.replacing("_", with: " ")) \($0)" } }
        if !texts.isEmpty { lines.append(row("Model", texts.joined(separator: ", "))) }
        let parameters = (description.parameters.object ?? [:]).sorted { $0.key < $1.key }
        lines.append(row("Parameters", parameters.map { "\($0.key) \($0.value.serialized())" }.joined(separator: ", ")))
        lines += metrics(description.metrics)
        for (key, value) in facts where text(value) == nil { lines += numbers(key, value, outputs.labels) }
        lines += features(artifact, summary)
        return lines
    }

    private func row(_ label: String, _ text: String) -> String {
        let lines = text.wrapped(Terminal.width - 12).split(separator: "\n", omittingEmptySubsequences: false)
        let indent = String(repeating: " ", count: 12)
        return label.left(12) + lines.joined(separator: "\n" + indent)
    }

    /// A fact in a few words; nil for numbers with names, which have a table.
    private func text(_ fact: JSON) -> String? {
        if let number = fact.number { return Int(exactly: number)?.grouped ?? NumberText.short(number) }
        if let numbers = fact.list?.compactMap(\.number), !numbers.isEmpty, numbers.count == fact.list?.count {
            let more = numbers.count > 10 ? ", … (\(numbers.count.grouped))" : ""
            return numbers.prefix(10).map { NumberText.short($0) }.joined(separator: ", ") + more
        }
        let columns = fact.list ?? [fact]
        let isTable =
            !columns.isEmpty && columns.allSatisfy { $0.object?.values.allSatisfy { $0.number != nil } == true }
        return isTable ? nil : fact.text ?? fact.serialized()
    }

    /// Numbers with names, a column an output, the largest first.
    private func numbers(_ title: String, _ fact: JSON, _ labels: [String]) -> [String] {
        let columns = (fact.list ?? [fact]).map { $0.object?.compactMapValues(\.number) ?? [:] }
        func size(_ name: String) -> Double { columns.reduce(0) { max($0, abs($1[name] ?? 0)) } }
        let sizes = Dictionary(uniqueKeysWithValues: Set(columns.flatMap(\.keys)).map { ($0, size($0)) })
        let names = sizes.keys.sorted { (sizes[$1] ?? 0, $0) < (sizes[$0] ?? 0, $1) }
        let shown = columns.prefix(4)
        let width = Terminal.width - 13 * shown.count
        let heads = shown.indices.map { label in
            (labels.count == columns.count ? labels[label] : "\(label + 1)").fitted(12).right(13)
        }
        let title = title.replacing("_", with: " ").capitalizedFirst
        var lines = [
            "", terminal.bold(title) + (columns.count > 1 ? "".left(width - title.count) + heads.joined() : ""),
        ]
        for name in names.prefix(20) {
            let cells = shown.map { ($0[name].map { NumberText.metric($0) } ?? "–").right(13) }
            lines.append("  " + name.fitted(width - 3).left(width - 2) + cells.joined())
        }
        let left = [
            (names.count - 20, "rows"), (columns.count - shown.count, "columns"),
        ].filter { $0.0 > 0 }.map { "\($0.0.grouped) more \($0.1)" }
        if !left.isEmpty { lines.append(terminal.dim("  … and \(left.joined(separator: " and ")); --json shows all")) }
        return lines
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
