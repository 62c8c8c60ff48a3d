import ApusCore
import ApusLifecycle

/// Explanations as people read them, in 80 columns.
struct ExplainText {
    let terminal: Terminal

    /// A bar of at most `width` blocks, in eighths.
    private func bar(_ share: Double, width: Int) -> String {
        let eighths = Int((max(0, min(1, share)) * Double(width) * 8).rounded())
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }

    /// Rows with their answers and the largest contributions: to the left what lowers the score, to the right what
    /// raises it.
    func lines(_ explanation: Explanation, top: Int) -> [String] {
        var lines: [String] = []
        for row in 0..<explanation.table.rowCount {
            let score = explanation.score(explaining: row)
            let parts = explanation.parts(row, score: score, top: top)
            let largest = parts.map { abs($0.contribution) }.max() ?? 0
            if row > 0 { lines.append("") }
            lines.append(terminal.bold("Row \((row + 1).grouped): \(explanation.answer(row))".fitted(Terminal.width)))
            lines.append(
                terminal.dim(
                    "  base value".left(38) + NumberText.metric(explanation.base(row, score: score)).right(11)
                        + "  score of \(explanation.scores[score])".fitted(30)))
            for part in parts {
                // Whole blocks: a bar that ends at the middle cannot have parts of one there.
                let share = largest > 0 && largest.isFinite ? abs(part.contribution) / largest : 0
                let blocks = String(repeating: "█", count: Int((share * 14).rounded()))
                let bars = part.contribution < 0 ? blocks.right(14) + "│" : "".right(14) + "│" + blocks
                lines.append(
                    "  " + Explanation.name(part, width: 35).left(36)
                        + Explanation.signed(part.contribution).right(11) + "  " + bars)
            }
            lines.append(
                "  score".left(38) + NumberText.metric(explanation.total(row, score: score)).right(11))
        }
        return lines.isEmpty ? ["There are no rows."] : lines
    }

    /// Features, the most important first.
    func lines(_ importance: FeatureImportance, top: Int) -> [String] {
        let shown = importance.ranked.prefix(top)
        let largest = shown.map { abs($0.value) }.max() ?? 0
        var lines = importance.title.wrapped().split(separator: "\n").map { terminal.bold(String($0)) }
        var about: [String] = []
        if importance.rows > 0 { about.append("\(importance.rows.grouped) rows") }
        if let score = importance.score { about.append("\(NumberText.metric(score)) with nothing shuffled") }
        if !about.isEmpty { lines.append(terminal.dim(about.joined(separator: ", "))) }
        for feature in shown {
            let deviation = feature.deviation.map { " ± " + NumberText.metric($0) } ?? ""
            let share = largest > 0 ? max(0, feature.value) / largest : 0
            lines.append(
                "  " + feature.name.fitted(30).left(31)
                    + NumberText.metric(feature.value).right(11) + deviation.left(deviation.isEmpty ? 0 : 13) + "  "
                    + bar(share, width: deviation.isEmpty ? 33 : 20))
        }
        if importance.features.count > top {
            lines.append(terminal.dim("  and \((importance.features.count - top).grouped) less important ones"))
        }
        return lines
    }

    /// A line a grid point, at most 40 of them.
    func lines(_ dependence: PartialDependence) -> [String] {
        let names = dependence.axes.map(\.name)
        let outputs = dependence.outputs
        let what = dependence.isProbability ? "probability of " : ""
        var lines = [
            terminal.bold(
                "Mean \(what)\(outputs.joined(separator: ", ")) by \(names.joined(separator: " and "))".fitted(
                    Terminal.width)),
            terminal.dim("\(dependence.rows.grouped) rows with the same value in each"),
        ]
        let values = (0..<dependence.means.rows).map { dependence.means[$0, 0] }
        let (low, high) = (min(0, values.min() ?? 0), values.max() ?? 0)
        let last = dependence.axes.last?.labels.count ?? 1
        for point in values.indices.prefix(40) {
            let labels =
                dependence.axes.count == 2
                ? [dependence.axes[0].labels[point / last], dependence.axes[1].labels[point % last]]
                : [dependence.axes[0].labels[point]]
            let text = labels.map { label in
                (Double(label).map { NumberText.short($0) } ?? label).fitted(22).left(24)
            }.joined()
            let means = dependence.means.row(point).prefix(4).map { NumberText.metric($0).right(11) }.joined()
            let room = max(0, Terminal.width - 4 - text.count - means.count)
            let share = high > low ? (values[point] - low) / (high - low) : 0
            lines.append("  " + text + means + (outputs.count == 1 ? "  " + bar(share, width: room) : ""))
        }
        if values.count > 40 {
            lines.append(terminal.dim("  and \((values.count - 40).grouped) more; --json shows all"))
        }
        return lines
    }
}
