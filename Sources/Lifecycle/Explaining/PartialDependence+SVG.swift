extension PartialDependence {
    private static let (left, right, top, bottom) = (90.0, SVG.width - 40, 60.0, 380.0)

    /// A curve over a number, a bar a label, shades over two features; for several labels one drawing below another.
    public var svg: String {
        var drawing = SVG()
        let spacing = axes.count == 1 && axes[0].numbers == nil ? Self.top + 24 * Double(means.rows) + 10 : 460
        for output in outputs.indices {
            let y = Double(output) * spacing
            let what = axes.map(\.name).joined(separator: " and ")
            drawing.text(
                "Mean \(isProbability ? "probability of " : "")\(outputs[output]) by \(what)", x: 20,
                y: y + 28, size: 15, isBold: true)
            drawing.text("\(rows.grouped) rows", x: SVG.width - 20, y: y + 28, anchor: .end, colour: .neutral)
            if axes.count == 2 {
                shades(output, y, &drawing)
            } else if let numbers = axes[0].numbers {
                curve(output, numbers, y, &drawing)
            } else {
                bars(output, y, &drawing)
            }
        }
        return drawing.document
    }

    private func curve(_ output: Int, _ numbers: [Double], _ y: Double, _ drawing: inout SVG) {
        let values = (0..<means.rows).map { means[$0, output] }
        let vertical = Scale(values.min() ?? 0, values.max() ?? 0, from: y + Self.bottom, to: y + Self.top)
        for tick in vertical.ticks {
            drawing.line(Self.left, vertical(tick), Self.right, vertical(tick))
            drawing.text(
                NumberText.short(tick), x: Self.left - 8, y: vertical(tick), anchor: .end, colour: .neutral, size: 11)
        }
        let across = Scale(numbers.first ?? 0, numbers.last ?? 0, from: Self.left, to: Self.right)
        for tick in across.ticks {
            drawing.text(
                NumberText.short(tick), x: across(tick), y: y + Self.bottom + 16, anchor: .middle, colour: .neutral,
                size: 11)
        }
        // Marks where the quantiles lie: between distant ones the curve rests on few rows.
        for number in numbers {
            drawing.line(across(number), y + Self.bottom, across(number), y + Self.bottom + 5, colour: .neutral)
        }
        drawing.curve(zip(numbers, values).map { (across($0), vertical($1)) }, colour: .lowers)
        drawing.text(axes[0].name, x: (Self.left + Self.right) / 2, y: y + Self.bottom + 38, anchor: .middle)
    }

    private func bars(_ output: Int, _ y: Double, _ drawing: inout SVG) {
        let values = (0..<means.rows).map { means[$0, output] }
        let across = Scale(min(0, values.min() ?? 0), max(0, values.max() ?? 0), from: 250, to: SVG.width - 100)
        for (place, value) in values.enumerated() {
            let middle = y + Self.top + 24 * Double(place)
            drawing.text(axes[0].labels[place].shortened(32), x: 240, y: middle, anchor: .end)
            drawing.bar(across(0), middle - 8, across(value), middle + 8, colour: .lowers)
            drawing.text(NumberText.metric(value), x: SVG.width - 20, y: middle, anchor: .end)
        }
    }

    private func shades(_ output: Int, _ y: Double, _ drawing: inout SVG) {
        let values = (0..<means.rows).map { means[$0, output] }
        let shade = Scale(values.min() ?? 0, values.max() ?? 0, from: 0.06, to: 1)
        let (down, across) = (axes[0].labels, axes[1].labels)
        let width = (Self.right - Self.left - 60) / Double(max(1, across.count))
        let height = (Self.bottom - Self.top) / Double(max(1, down.count))
        for (i, label) in down.enumerated() {
            let middle = y + Self.bottom - height * (Double(i) + 0.5)
            drawing.text(
                PartialDependence.short(label).shortened(12), x: Self.left + 52, y: middle, anchor: .end,
                colour: .neutral,
                size: 11)
            for j in across.indices {
                let x = Self.left + 60 + width * Double(j)
                let value = values[i * across.count + j]
                drawing.bar(
                    x, middle - height / 2, x + width - 1, middle + height / 2 - 1, colour: .lowers,
                    opacity: shade(value))
                if width >= 44, height >= 14 {
                    drawing.text(
                        NumberText.metric(value).shortened(7), x: x + width / 2, y: middle, anchor: .middle,
                        colour: shade(value) > 0.6 ? .paper : .text, size: 10)
                }
            }
        }
        let every = max(1, (across.count + 11) / 12)
        for (j, label) in across.enumerated() where j % every == 0 {
            drawing.text(
                PartialDependence.short(label).shortened(max(4, Int(width * Double(every) / 6.5))),
                x: Self.left + 60 + width * (Double(j) + 0.5), y: y + Self.bottom + 14, anchor: .middle,
                colour: .neutral,
                size: 11)
        }
        drawing.text(axes[1].name, x: (Self.left + 60 + Self.right) / 2, y: y + Self.bottom + 36, anchor: .middle)
        drawing.text(axes[0].name, x: 24, y: y + (Self.top + Self.bottom) / 2, anchor: .middle, turned: true)
    }

    private static func short(_ label: String) -> String { Double(label).map { NumberText.short($0) } ?? label }
}
