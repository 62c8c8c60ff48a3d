import ApusCore

/// A tree as indented text: a line a node, below its parent, with the condition that leads there.
public struct TreeText {
    private let words: TreeWords

    /// The text of a tree of a model with these inputs.
    public init(_ tree: DescribedTree, inputs: Schema) { words = TreeWords(tree: tree, inputs: inputs) }

    /// The lines, none longer than `width` characters.
    public func lines(width: Int = 80) -> [String] {
        let tree = words.tree
        guard !tree.nodes.isEmpty else { return [] }
        let answers = tree.nodes.map(words.answer)
        let rows = tree.nodes.map { $0.rows.grouped }
        let answerWidth = min(24, max(words.answerName.count, answers.map(\.count).max() ?? 0))
        let rowsWidth = max(4, rows.map(\.count).max() ?? 0)
        let rest = max(20, width - answerWidth - rowsWidth - 4)
        func line(_ text: String, _ rows: String, _ answer: String) -> String {
            let shown = text.cut(to: rest)
            let line = shown + String(repeating: " ", count: rest - shown.count + 2 + rowsWidth - rows.count) + rows
            guard !answer.isEmpty else { return line }
            return line + String(repeating: " ", count: 2 + max(0, answerWidth - answer.count))
                + answer.cut(to: answerWidth)
        }
        var lines = [line("node", "rows", words.answerName)]
        // Nodes to print, the next one last; a deep tree must not deepen the stack of calls.
        var waiting = [(node: 0, depth: 0, text: "all rows")]
        while let (node, depth, text) = waiting.popLast() {
            let indent =
                depth <= 15 ? String(repeating: "  ", count: depth) : String(repeating: " ", count: 26) + "\(depth): "
            lines.append(line(indent + text, rows[node], answers[node]))
            guard let split = tree.nodes[node].split else { continue }
            waiting.append((split.right, depth + 1, words.condition(split, left: false)))
            waiting.append((split.left, depth + 1, words.condition(split, left: true)))
        }
        return lines
    }

    /// The documented form: a list of nodes.
    public var json: JSON {
        .list(
            words.tree.nodes.enumerated().map { place, node in
                var object: [String: JSON] = ["node": place.json, "rows": node.rows.json, "answer": node.answer.json]
                if let split = node.split {
                    object["column"] = .text(words.inputs.fields[split.column].name)
                    object["condition"] = .text(words.condition(split, left: true))
                    object["left"] = split.left.json
                    object["right"] = split.right.json
                    object["missing"] = .text(split.missingLeft ? "left" : "right")
                    object["gain"] = split.gain.json
                }
                return .object(object)
            })
    }
}

extension String {
    /// At most `width` characters, the last one `…` where some are left out.
    func cut(to width: Int) -> String { count <= width ? self : String(prefix(max(0, width - 1))) + "…" }
}
