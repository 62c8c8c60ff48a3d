import ApusCore
import ApusKernels

/// A forest whose trees' answers are averaged; a single tree is a forest of one.
package struct ForestModel: Model, RowPredicting, Inspectable {
    /// One tree.
    package struct Member: Sendable {
        /// The tree; where `answers` is empty its nodes hold the answers.
        package let tree: Tree
        /// The answer of each node, one number a class or label; empty where one number is enough.
        package let answers: [Double]

        /// A tree whose nodes answer `answers`, `outputs` numbers a node.
        init(_ tree: Tree, _ answers: [Double], outputs: Int, task: LearningTask) {
            guard ForestModel.width(task, outputs) == 1 else {
                self.init(tree: tree, answers: answers)
                return
            }
            var tree = tree
            for node in tree.nodes.indices { tree.nodes[node].value = answers[(node + 1) * outputs - 1] }
            self.init(tree: tree, answers: [])
        }

        init(tree: Tree, answers: [Double]) {
            self.tree = tree
            self.answers = answers
        }

        /// Adds the answer to one row, node by node: the definition that the compiled forest is tested against.
        package func add(_ row: UnsafeBufferPointer<Double>, binOfCode: [[UInt8]?], to answer: inout [Double]) {
            let leaf = tree.leaf(row: row, binOfCode: binOfCode)
            guard !answers.isEmpty else {
                answer[0] += tree.nodes[leaf].value
                return
            }
            for output in answer.indices { answer[output] += answers[leaf * answer.count + output] }
        }
    }

    let kind: ForestKind
    package let inputs: Schema
    package let outputs: Prediction.Schema
    /// The trees.
    package let members: [Member]
    /// The bins of each category input's codes.
    package let binOfCode: [[UInt8]?]
    /// Accuracy or R² on rows that trees have not seen; nil if it was not asked for.
    package var oobScore: Double?
    /// Numbers that a leaf answers.
    let width: Int
    private let forest: Forest

    init(
        kind: ForestKind, inputs: Schema, outputs: Prediction.Schema, members: [Member], binOfCode: [[UInt8]?],
        oobScore: Double? = nil
    ) {
        self.kind = kind
        self.inputs = inputs
        self.outputs = outputs
        self.members = members
        self.binOfCode = binOfCode
        self.oobScore = oobScore
        width = ForestModel.width(outputs.task, outputs.outputs)
        forest = Forest(
            members.map(\.tree), scores: width, binOfCode: binOfCode,
            vectors: width == 1 ? nil : members.map(\.answers))
    }

    /// Numbers that a leaf answers: of two classes, the probability of the second is enough.
    static func width(_ task: LearningTask, _ outputs: Int) -> Int {
        task == .regression || task == .binary ? 1 : outputs
    }

    package func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        let aligned = try inputs.align(table)
        let full = outputs.outputs
        let values = try Matrix<Double>(rows: aligned.rowCount, columns: full) { target in
            guard let base = target.baseAddress else { return }
            nonisolated(unsafe) let outputs = base
            try forest.forParts(of: aligned.rowCount, in: context) { rows in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: rows.count * width) { sums in
                    guard let first = sums.baseAddress else { return }
                    sums.initialize(repeating: 0)
                    forest.addScores(aligned, rows, to: first, kernels: TreeKernels(context.backend))
                    for (place, row) in rows.enumerated() {
                        answer(first + place * width, into: outputs + row * full)
                    }
                }
            }
        }
        return try Prediction(outputs, values)
    }

    package func predict(row: UnsafeBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Double>) {
        guard row.count >= inputs.fields.count, outputs.count >= self.outputs.outputs, let target = outputs.baseAddress
        else {
            outputs.update(repeating: .nan)
            return
        }
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width + 1) { scratch in
            guard let sums = scratch.baseAddress else { return }
            for output in 0..<width { sums[output] = 0 }
            // A model of no inputs still needs something to point at.
            sums[width] = .nan
            let values = row.baseAddress ?? UnsafePointer(sums + width)
            forest.addScores(width: row.count, values: values, scores: sums, kernels: TreeKernels(.c))
            answer(sums, into: target)
        }
    }

    /// From the trees' summed answers to their mean.
    @inline(__always)
    private func answer(_ sums: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>) {
        let trees = Double(members.count)
        guard outputs.task == .binary else {
            for output in 0..<width { target[output] = sums[output] / trees }
            return
        }
        // Of a single label, the only probability is 1.
        let share = sums[0] / trees
        if outputs.outputs == 2 { target[0] = 1 - share }
        target[outputs.outputs - 1] = share
    }

    package var mainImportance: String { "impurity" }

    package var importance: [String: [Double]] {
        var impurity = [Double](repeating: 0, count: inputs.fields.count)
        var split = impurity
        for member in members {
            let total = member.tree.nodes.reduce(0) { $0 + ($1.isLeaf ? 0 : $1.gain) }
            for node in member.tree.nodes where !node.isLeaf {
                if total > 0 { impurity[node.column] += node.gain / total / Double(members.count) }
                split[node.column] += 1
            }
        }
        return ["impurity": impurity, "split": split]
    }

    package var facts: [String: JSON] {
        var facts: [String: JSON] = [
            "trees": members.count.json, "leaves": members.reduce(0) { $0 + $1.tree.leaves }.json,
            "depth": (members.map(\.tree.depth).max() ?? 0).json,
        ]
        facts["oob_score"] = oobScore?.json
        return facts
    }
}
