import ApusCore

/// A drawing, element by element, in SVG 1.1; coordinates in pixels from the upper left corner.
struct SVG {
    /// Colours that are told apart by people who see few colours, too.
    enum Colour: String {
        case raises = "#c2410c"
        case lowers = "#1d6fb8"
        case neutral = "#64748b"
        case faint = "#dde3ea"
        case text = "#1f2937"
        case paper = "#ffffff"
    }

    /// Where a text stands relative to its place.
    enum Anchor: String { case start, middle, end }

    /// The width of every drawing.
    static let width = 760.0
    private var elements: [String] = []
    /// How far down the drawing reaches.
    private(set) var height = 24.0

    /// A text whose middle line is at `y`.
    mutating func text(
        _ text: String, x: Double, y: Double, anchor: Anchor = .start, colour: Colour = .text, size: Double = 13,
        isBold: Bool = false, turned: Bool = false
    ) {
        let weight = isBold ? " font-weight=\"600\"" : ""
        let turn = turned ? " transform=\"rotate(-90 \(SVG.number(x)) \(SVG.number(y)))\"" : ""
        elements.append(
            "<text x=\"\(SVG.number(x))\" y=\"\(SVG.number(y))\" dy=\"0.35em\" text-anchor=\"\(anchor.rawValue)\" "
                + "font-size=\"\(SVG.number(size))\" fill=\"\(colour.rawValue)\"\(weight)\(turn)>\(SVG.escaped(text))</text>"
        )
        if !turned { height = max(height, y + size) }
    }

    /// A filled rectangle between two corners; at least a hair wide.
    mutating func bar(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, colour: Colour, opacity: Double = 1) {
        let shade = opacity < 1 ? " fill-opacity=\"\(SVG.number(opacity))\"" : ""
        elements.append(
            "<rect x=\"\(SVG.number(min(x0, x1)))\" y=\"\(SVG.number(min(y0, y1)))\" "
                + "width=\"\(SVG.number(max(0.6, abs(x1 - x0))))\" height=\"\(SVG.number(max(0.6, abs(y1 - y0))))\" "
                + "fill=\"\(colour.rawValue)\"\(shade)/>")
        height = max(height, max(y0, y1) + 8)
    }

    /// A straight line.
    mutating func line(
        _ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, colour: Colour = .faint, width: Double = 1
    ) {
        elements.append(
            "<line x1=\"\(SVG.number(x0))\" y1=\"\(SVG.number(y0))\" x2=\"\(SVG.number(x1))\" y2=\"\(SVG.number(y1))\" "
                + "stroke=\"\(colour.rawValue)\" stroke-width=\"\(SVG.number(width))\"/>")
    }

    /// A line through points.
    mutating func curve(_ points: [(x: Double, y: Double)], colour: Colour) {
        let path = points.map { "\(SVG.number($0.x)),\(SVG.number($0.y))" }.joined(separator: " ")
        elements.append(
            "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour.rawValue)\" stroke-width=\"2\" "
                + "stroke-linejoin=\"round\"/>")
    }

    /// The whole document.
    var document: String {
        let size = "width=\"\(SVG.number(SVG.width))\" height=\"\(SVG.number(height + 16))\""
        let box = "viewBox=\"0 0 \(SVG.number(SVG.width)) \(SVG.number(height + 16))\""
        return """
            <svg xmlns="http://www.w3.org/2000/svg" \(size) \(box) font-family="system-ui, Helvetica, Arial, sans-serif">
            <rect width="100%" height="100%" fill="\(Colour.paper.rawValue)"/>
            \(elements.joined(separator: "\n"))
            </svg>

            """
    }

    /// At most two digits after the point.
    static func number(_ value: Double) -> String {
        Column.text((value * 100).rounded() / 100)
    }

    /// What XML allows, with its special characters written out.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default:
                let isAllowed = character.unicodeScalars.allSatisfy {
                    $0.value >= 0x20 && $0.value != 0xFFFE && $0.value != 0xFFFF
                }
                result += isAllowed ? String(character) : " "
            }
        }
    }
}
