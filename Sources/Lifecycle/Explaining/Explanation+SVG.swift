extension Explanation {
    /// A waterfall a row: from the base value, one contribution after another, to the score.
    public func svg(top: Int) -> String {
        var drawing = SVG()
        var y = 28.0
        for row in 0..<table.rowCount {
            let score = score(explaining: row)
            drawing.text("Row \(row + 1): \(answer(row))", x: 20, y: y, size: 15, isBold: true)
            drawing.text("score of \(scores[score])", x: SVG.width - 20, y: y, anchor: .end, colour: .neutral)
            waterfall(row, score, top, &drawing, &y)
            y += 46
        }
        return drawing.document
    }

    private func waterfall(_ row: Int, _ score: Int, _ top: Int, _ drawing: inout SVG, _ y: inout Double) {
        let parts = parts(row, score: score, top: top)
        var level = base(row, score: score)
        let levels = parts.reduce(into: [level]) { $0.append($0[$0.count - 1] + $1.contribution) }
        let scale = Scale(levels.min() ?? 0, levels.max() ?? 0, from: 330, to: SVG.width - 100)
        let (first, last) = (y + 20, y + 20 + 24 * Double(parts.count + 2))
        drawing.line(scale(level), first, scale(level), last)
        func label(_ text: String, _ value: String) {
            drawing.text(text, x: 310, y: y, anchor: .end)
            drawing.text(value, x: SVG.width - 20, y: y, anchor: .end)
        }
        y += 32
        label("base value", NumberText.metric(level))
        drawing.bar(scale(level) - 1, y - 8, scale(level) + 1, y + 8, colour: .neutral)
        for part in parts {
            y += 24
            label(Explanation.name(part, width: 42), Explanation.signed(part.contribution))
            let next = level + part.contribution
            drawing.bar(
                scale(level), y - 8, scale(next), y + 8, colour: part.contribution >= 0 ? .raises : .lowers)
            drawing.line(scale(next), y + 8, scale(next), y + 16, colour: .neutral)
            level = next
        }
        y += 24
        label("score", NumberText.metric(level))
        drawing.bar(scale(level) - 1, y - 8, scale(level) + 1, y + 8, colour: .text)
    }

    /// A part in words: `age = 39`, or how many others there are.
    public static func name(_ part: Part, width: Int) -> String {
        guard let feature = part.feature else { return "\(part.count.grouped) other\(part.count == 1 ? "" : "s")" }
        let value = part.value.map { Double($0).map { NumberText.short($0) } ?? $0 } ?? "missing"
        let room = max(width / 2, width - 3 - feature.count)
        return feature.shortened(max(1, width - 3 - min(room, value.count))) + " = " + value.shortened(room)
    }

    /// A number with its sign.
    public static func signed(_ value: Double) -> String {
        (value > 0 ? "+" : "") + NumberText.metric(value)
    }
}

extension String {
    /// Cut to a width, with a mark where something is gone.
    func shortened(_ width: Int) -> String { count <= width ? self : String(prefix(max(0, width - 1))) + "…" }
}
