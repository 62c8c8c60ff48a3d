import ApusCore
import ApusLifecycle
import ApusPipeline

/// A training run as people read it, in 80 columns.
struct TrainText {
    let terminal: Terminal
    let level: Double
    private static let indent = 9

    /// What was read.
    func read(_ report: TrainReport) -> [String] {
        let data = report.data
        let lines = [
            "\(data.path): \(data.rows.grouped) rows × \(data.columns.grouped) columns", data.read.format,
            data.kinds.filter { $0.kind != .vector || $0.count > 0 }.map {
                "\($0.count.grouped) \(plural($0.kind, $0.count))"
            }.joined(separator: ", ")
                + "; \(missing(data))",
        ]
        return block("Read", lines) + block("Target", [target(data)])
    }

    private func plural(_ kind: ColumnKind, _ count: Int) -> String {
        count == 1 ? kind.rawValue : kind == .category ? "categories" : kind.rawValue + "s"
    }

    private func missing(_ data: TrainReport.Data) -> String {
        guard data.missingCells > 0 else { return "nothing missing" }
        let shown = data.missing.prefix(3).map { "\($0.column) \($0.count.grouped)" }.joined(separator: ", ")
        return "\(data.missingCells.grouped) cells missing (\(shown)\(data.missing.count > 3 ? ", …" : ""))"
    }

    private func target(_ data: TrainReport.Data) -> String {
        var text = "\(data.target.fitted(40)): \(data.task.rawValue)"
        if data.task == .multilabel {
            let perRow = Double(data.classes.reduce(0) { $0 + $1.count }) / Double(max(1, data.answeredRows))
            text += ", \(data.classes.count.grouped) labels, \(NumberText.short(perRow)) a row on average"
        }
        if !data.classes.isEmpty {
            let shown = data.classes.prefix(10).map { "'\($0.label.fitted(24))' \($0.count.grouped)" }
            text += ", " + shown.joined(separator: ", ") + (data.classes.count > 10 ? ", …" : "")
        }
        if data.task == .binary, let positive = data.classes.last {
            text += "; '\(positive.label.fitted(24))' is positive"
        }
        return text + " (\(data.reason))"
    }

    /// How it split, and which model is fitted.
    func split(_ report: TrainReport) -> [String] {
        let split = report.split
        var parts = ["\(split.train.grouped) train"]
        if split.validation > 0 { parts.append("\(split.validation.grouped) validation") }
        parts.append("\(split.test.grouped) test")
        var text = "\(split.strategy), seed \(split.seed): " + parts.joined(separator: ", ")
        if split.duplicatesTogether, let equal = split.duplicates {
            text += "; \(equal.grouped) equal rows stay on one side"
        }
        let transforms = report.model.transforms.map { $0.replacing("transform.", with: "") }
        let before = transforms.isEmpty ? "" : transforms.joined(separator: " → ") + " → "
        let model = before + report.model.id + " (\(report.model.reason))"
        let stopping = split.validation > 0 ? "; stops early by the validation part" : ""
        return block("Split", [text]) + block("Model", [model + stopping])
    }

    /// What came out.
    func results(_ report: TrainReport) -> [String] {
        var lines: [String] = []
        let facts = report.model.facts.sorted { $0.key < $1.key }.compactMap { key, value in
            value.number.map { "\(key.replacing("_", with: " ")) \(Int(exactly: $0)?.grouped ?? NumberText.short($0))" }
                ?? value.text.map { "\(key.replacing("_", with: " ")) \($0)" }
        }
        if !facts.isEmpty { lines += block("Fit", [facts.joined(separator: ", ")]) }
        if let test = report.test { lines += [""] + metrics(test, report) }
        lines += importance(report)
        for gate in report.gates {
            let value = gate.value.map { NumberText.short($0) } ?? "undefined"
            lines.append(
                terminal.bold("Gate".left(9)) + "\(gate.metric) \(value), required \(NumberText.short(gate.limit)): "
                    + (gate.isMet ? "met" : terminal.warn("failed")))
        }
        if !report.warnings.isEmpty { lines.append("") }
        lines += report.warnings.flatMap(terminal.note)
        let total = report.phases.reduce(0) { $0 + $1.seconds }
        let phases = report.phases.map { "\($0.phase) \(NumberText.fixed($0.seconds, 2))" }.joined(separator: ", ")
        lines += [""] + block("Wrote", [report.artifact + " and " + TrainingRun.recordPath(beside: report.artifact)])
        lines += block("Time", ["\(NumberText.fixed(total, 2)) s: \(phases)"])
        return lines
    }

    /// The model against the baselines on the held-out rows.
    private func metrics(_ test: Evaluation, _ report: TrainReport) -> [String] {
        let baselines = report.baselines.prefix(2)
        let interval = test.scores.contains { $0.low != nil } ? ", \(NumberText.short(level * 100)) % intervals" : ""
        let names = baselines.map { ($0.id.split(separator: ".").last.map(String.init) ?? $0.id).fitted(12).right(13) }
        var lines = [
            terminal.bold("Test part, \(test.rows.grouped) rows\(interval)"),
            terminal.dim(String(repeating: " ", count: 28) + "model".right(26) + names.joined()),
        ]
        for score in test.scores {
            let direction = (try? Metric.named(score.name))?.greaterIsBetter == true ? "↑" : "↓"
            var cell = score.value.map { NumberText.metric($0) } ?? "undefined"
            if let low = score.low, let high = score.high {
                let interval = " (\(NumberText.metric(low))\(low < 0 ? " to " : "–")\(NumberText.metric(high)))"
                if cell.count + interval.count <= 26 { cell += interval }
            }
            let others = baselines.map { baseline in
                (baseline.evaluation[score.name]?.value.map { NumberText.metric($0) } ?? "–").right(13)
            }
            lines.append("  " + "\(score.name.fitted(23)) \(direction)".left(26) + cell.right(26) + others.joined())
            if let reason = score.reason { lines.append("    \(reason)".fitted(Terminal.width)) }
        }
        return lines
    }

    private func importance(_ report: TrainReport) -> [String] {
        let shown = report.importance.filter { $0.share > 0 }.prefix(8)
        guard let most = shown.first?.share else { return [] }
        let width = min(34, shown.map(\.feature.count).max() ?? 0)
        var lines = [
            "", terminal.bold("Most important features") + terminal.dim(" (share of \(report.importanceMeasure))"),
        ]
        for entry in shown {
            let bar = String(repeating: "█", count: max(1, Int((entry.share / most * 24).rounded())))
            lines.append(
                "  " + entry.feature.fitted(width).left(width) + " "
                    + "\(NumberText.fixed(entry.share * 100, 1)) %".right(8) + " " + bar)
        }
        if report.importance.count > shown.count {
            lines.append(terminal.dim("  … and \((report.importance.count - shown.count).grouped) more"))
        }
        return lines
    }

    /// A label in front, lines behind it, wrapped.
    private func block(_ label: String, _ lines: [String]) -> [String] {
        let text = lines.flatMap {
            $0.wrapped(Terminal.width - TrainText.indent).split(separator: "\n").map(String.init)
        }
        return text.enumerated().map { position, line in
            (position == 0
                ? terminal.bold(label.left(TrainText.indent)) : String(repeating: " ", count: TrainText.indent))
                + line
        }
    }
}
