import ApusCore
import Foundation

/// A tree as a drawing: in Graphviz' language, or laid out in SVG.
public struct TreeDrawing {
    private let words: TreeWords

    /// The drawing of a tree of a model with these inputs.
    public init(_ tree: DescribedTree, inputs: Schema) { words = TreeWords(tree: tree, inputs: inputs) }

    /// The lines of a node's box: its question, its rows, its answer.
    private func lines(_ node: DescribedTree.Node) -> [String] {
        let question = node.split.map { words.condition($0, left: true).cut(to: 34) }
        return [question, "\(node.rows.grouped) rows", words.answer(node).cut(to: 34)].compactMap(\.self)
            .filter { !$0.isEmpty }
    }

    /// A shade of blue, white for 0.
    private func colour(_ shade: Double) -> String {
        func part(_ full: Double) -> String {
            let value = Int((255 - (255 - full) * 0.75 * min(1, max(0, shade))).rounded())
            return (value < 16 ? "0" : "") + String(value, radix: 16)
        }
        return "#" + part(0x2f) + part(0x7d) + part(0xd1)
    }

    /// The tree for `dot -Tpng`.
    public var dot: String {
        let shades = words.shades()
        var text = """
            digraph tree {
              node [shape=box, style="filled,rounded", fontname="Helvetica", fontsize=11];
              edge [fontname="Helvetica", fontsize=10];

            """
        for (place, node) in words.tree.nodes.enumerated() {
            let label = lines(node).map { $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }
            text +=
                "  n\(place) [label=\"\(label.joined(separator: "\\n"))\", fillcolor=\"\(colour(shades[place]))\"];\n"
            if let split = node.split {
                text +=
                    "  n\(place) -> n\(split.left) [label=\"yes\"];\n  n\(place) -> n\(split.right) [label=\"no\"];\n"
            }
        }
        return text + "}\n"
    }

    private static let (boxHeight, rowHeight, gap, letter) = (56.0, 96.0, 16.0, 6.6)

    /// The tree as a picture: leaves side by side, parents above the middle of their children.
    public var svg: String {
        let tree = words.tree
        let depths = tree.depths
        let texts = tree.nodes.map(lines)
        let width = max(90, Double(texts.flatMap { $0.map(\.count) }.max() ?? 0) * Self.letter + 16)
        let centers = self.centers(spacing: width + Self.gap)
        let shades = words.shades()
        let full = (
            width: (centers.max() ?? 0) + width / 2 + Self.gap,
            height: Double(depths.max() ?? 0) * Self.rowHeight + Self.boxHeight + 2 * Self.gap
        )
        func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        func top(_ node: Int) -> Double { Self.gap + Double(depths[node]) * Self.rowHeight }
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(number(full.width))" height="\(number(full.height))" \
            viewBox="0 0 \(number(full.width)) \(number(full.height))" font-family="Helvetica, Arial, sans-serif" \
            font-size="12" text-anchor="middle">
            <rect width="100%" height="100%" fill="white"/>

            """
        for (place, node) in tree.nodes.enumerated() {
            guard let split = node.split else { continue }
            for (child, word) in [(split.left, "yes"), (split.right, "no")] {
                let (x, y) = (centers[place], top(place) + Self.boxHeight)
                let (toX, toY) = (centers[child], top(child))
                text += """
                    <path d="M\(number(x)) \(number(y))L\(number(toX)) \(number(toY))" stroke="#777" fill="none"/>
                    <text x="\(number((x + toX) / 2 + (child == split.left ? -14 : 14)))" y="\(number((y + toY) / 2))" \
                    fill="#777" font-size="11">\(word)</text>

                    """
            }
        }
        for (place, lines) in texts.enumerated() {
            text += """
                <rect x="\(number(centers[place] - width / 2))" y="\(number(top(place)))" width="\(number(width))" \
                height="\(number(Self.boxHeight))" rx="5" fill="\(colour(shades[place]))" stroke="#555"/>

                """
            let first = top(place) + Self.boxHeight / 2 + 4 - 8 * Double(lines.count - 1)
            for (line, words) in lines.enumerated() {
                text += """
                    <text x="\(number(centers[place]))" y="\(number(first + 16 * Double(line)))">\(words.escapedForXML)</text>

                    """
            }
        }
        return text + "</svg>\n"
    }

    /// The middle of each node's box: leaves in order, `spacing` apart, parents between their children.
    private func centers(spacing: Double) -> [Double] {
        let nodes = words.tree.nodes
        var centers = [Double](repeating: 0, count: nodes.count)
        var leaves = 0
        var waiting = nodes.isEmpty ? [] : [0]
        while let node = waiting.popLast() {
            if let split = nodes[node].split {
                waiting += [split.right, split.left]
            } else {
                centers[node] = Self.gap + spacing * Double(leaves) + (spacing - Self.gap) / 2
                leaves += 1
            }
        }
        // Children stand after their parents.
        for place in nodes.indices.reversed() {
            if let split = nodes[place].split { centers[place] = (centers[split.left] + centers[split.right]) / 2 }
        }
        return centers
    }
}

extension String {
    /// As text of an XML document; what that cannot hold becomes a question mark.
    fileprivate var escapedForXML: String {
        var result = ""
        for letter in unicodeScalars {
            switch letter {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case _ where letter.value < 32 || letter.value == 0xFFFE || letter.value == 0xFFFF: result += "?"
            default: result.unicodeScalars.append(letter)
            }
        }
        return result
    }
}
