import ApusCore
import ApusKernels

extension Tree {
    /// The tree in words: columns by position, categories by label. `answer` tells what each node answers.
    func described(
        _ inputs: Schema, binOfCode: [[UInt8]?], answers: [String], _ answer: (Int) -> [Double]
    ) -> DescribedTree {
        DescribedTree(
            nodes: nodes.enumerated().map { place, node in
                DescribedTree.Node(
                    rows: node.count, answer: answer(place),
                    split: node.isLeaf ? nil : node.described(inputs.fields[node.column], binOfCode[node.column]))
            }, answers: answers)
    }
}

extension Tree.Node {
    fileprivate func described(_ field: Field, _ binOfCode: [UInt8]?) -> DescribedTree.Split {
        let condition: DescribedTree.Condition
        if let set {
            let known = zip(field.categories ?? [], binOfCode ?? []).filter { $0.1 < TreeLayout.missing }
            condition = .among(
                known.filter { set.contains(Int($0.1)) }.map(\.0),
                not: known.filter { !set.contains(Int($0.1)) }.map(\.0))
        } else {
            condition = field.kind == .flag && threshold < 1 ? .isFalse : .upTo(threshold)
        }
        return DescribedTree.Split(
            column: column, condition: condition, missingLeft: missingLeft, left: child, right: child + 1, gain: gain)
    }
}

extension ForestModel: TreeDescribing {
    package var treeCount: Int { members.count }

    package func describedTree(_ index: Int) -> DescribedTree {
        let member = members[index]
        let answers: [String] =
            switch outputs.task {
            case .regression: ["value"]
            case .binary, .multiclass, .multilabel: outputs.labels
            }
        return member.tree.described(inputs, binOfCode: binOfCode, answers: answers) { node in
            guard member.answers.isEmpty else { return Array(member.answers[node * width..<(node + 1) * width]) }
            let value = member.tree.nodes[node].value
            return answers.count == 2 ? [1 - value, value] : [value]
        }
    }
}

extension GradientBoostingModel: TreeDescribing {
    package var treeCount: Int { trees.count }

    package func describedTree(_ index: Int) -> DescribedTree {
        let tree = trees[index]
        let score = index % scoreCount
        let name = scoreCount > 1 && score < outputs.labels.count ? "score of \(outputs.labels[score])" : "score"
        return tree.described(inputs, binOfCode: learned.binOfCode, answers: [name]) { node in
            tree.nodes[node].isLeaf ? [tree.nodes[node].value] : []
        }
    }
}
