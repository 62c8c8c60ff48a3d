import ApusCore

extension ForestModel: Explainable {
    /// Exact Shapley values of the answers: of the number, of the probability of the second of two classes, or of the
    /// probability of each class or label. Inputs outside a coalition are left to the shares of each tree's rows below
    /// its nodes, a row that was drawn several times counting once.
    package func contributions(_ table: Table, in context: RunContext) throws -> [Matrix<Double>] {
        let (width, count) = (width, Double(members.count))
        let trees = members.map { member in
            ExplainedTree(member.tree, scores: 0..<width) { node, output in
                (member.answers.isEmpty ? member.tree.nodes[node].value : member.answers[node * width + output]) / count
            }
        }
        return try TreeExplainer(trees, scores: width, binOfCode: binOfCode).contributions(
            try inputs.align(table), initial: [Double](repeating: 0, count: width), in: context)
    }
}
