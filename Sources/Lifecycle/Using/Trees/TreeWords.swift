import ApusCore

/// The words for a tree's nodes, which its text and its drawings share.
struct TreeWords {
    let tree: DescribedTree
    let inputs: Schema

    /// What leads to the left child, or to the right one: `age ≤ 28.5`, `job in clerk, cook or missing`.
    func condition(_ split: DescribedTree.Split, left: Bool) -> String {
        let name = inputs.fields[split.column].name
        let orMissing = split.missingLeft == left
        let text: String
        switch split.condition {
        case .upTo(let threshold):
            // Where all numbers go one way, only missing values go the other.
            guard threshold < .infinity else { return left ? "\(name) is known" : "\(name) is missing" }
            text = "\(name) \(left ? "≤" : ">") \(NumberText.short(threshold))"
        case .isFalse: text = left ? "not \(name)" : name
        case .among(let labels, let others):
            let (own, rest) = left ? (labels, others) : (others, labels)
            if own.isEmpty { return "\(name) is missing" }
            if rest.isEmpty { return "\(name) is known" }
            text =
                own.count <= rest.count
                ? "\(name) in \(own.joined(separator: ", "))" : "\(name) not in \(rest.joined(separator: ", "))"
        }
        return orMissing ? text + " or missing" : text
    }

    /// What a node answers: a number, the likeliest class with its probability, or the labels that hold.
    func answer(_ node: DescribedTree.Node) -> String {
        guard let first = node.answer.first else { return "" }
        guard tree.answers.count > 1 else { return NumberText.short(first) }
        if isOneClass {
            let best = node.answer.indices.reduce(0) { node.answer[$1] > node.answer[$0] ? $1 : $0 }
            return "\(tree.answers[best]) \(NumberText.fixed(node.answer[best], 3))"
        }
        let labels = tree.answers.indices.filter { node.answer[$0] >= 0.5 }.map { tree.answers[$0] }
        return labels.isEmpty ? "none" : labels.joined(separator: ", ")
    }

    /// Whether the answer is one of several classes, whose probabilities sum to 1.
    private var isOneClass: Bool { abs((tree.nodes.first?.answer.reduce(0, +) ?? 0) - 1) < 1e-6 }

    /// What the column of answers is called.
    var answerName: String { tree.answers.count == 1 ? tree.answers[0] : "answer" }

    /// How dark a node is drawn, from 0 to 1: a value's place between the least and the greatest, or how sure a class is.
    func shades() -> [Double] {
        let values = tree.nodes.map { node -> Double? in
            guard tree.answers.count > 1 else { return node.answer.first }
            return node.answer.count == 2 ? node.answer[1] : node.answer.max()
        }
        let known = values.compactMap(\.self)
        guard let least = known.min(), let most = known.max(), most > least else { return values.map { _ in 0 } }
        return values.map { $0.map { ($0 - least) / (most - least) } ?? 0 }
    }
}
