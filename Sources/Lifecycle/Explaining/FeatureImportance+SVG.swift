extension FeatureImportance {
    /// A bar a feature, the most important first, with one standard deviation where there are repetitions.
    public func svg(top: Int) -> String {
        var drawing = SVG()
        let shown = ranked.prefix(max(1, top))
        drawing.text(title, x: 20, y: 28, size: 15, isBold: true)
        if rows > 0 {
            drawing.text("\(rows.grouped) rows", x: SVG.width - 20, y: 28, anchor: .end, colour: .neutral)
        }
        let low = shown.map { $0.value - ($0.deviation ?? 0) }.min() ?? 0
        let high = shown.map { $0.value + ($0.deviation ?? 0) }.max() ?? 0
        let scale = Scale(min(0, low), max(0, high), from: 250, to: SVG.width - 100)
        let bottom = 48 + 24 * Double(shown.count)
        for tick in scale.ticks {
            drawing.line(scale(tick), 44, scale(tick), bottom)
            drawing.text(
                NumberText.short(tick), x: scale(tick), y: bottom + 10, anchor: .middle, colour: .neutral, size: 11)
        }
        for (place, feature) in shown.enumerated() {
            let y = 60 + 24 * Double(place)
            drawing.text(feature.name.shortened(32), x: 240, y: y, anchor: .end)
            drawing.bar(scale(0), y - 8, scale(feature.value), y + 8, colour: .lowers)
            if let deviation = feature.deviation {
                drawing.line(
                    scale(feature.value - deviation), y, scale(feature.value + deviation), y, colour: .text, width: 1.5)
            }
            drawing.text(NumberText.metric(feature.value), x: SVG.width - 20, y: y, anchor: .end)
        }
        if features.count > shown.count {
            drawing.text(
                "and \((features.count - shown.count).grouped) less important ones", x: 240, y: bottom + 30,
                anchor: .end,
                colour: .neutral)
        }
        return drawing.document
    }
}
