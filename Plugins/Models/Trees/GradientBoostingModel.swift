import ApusCore
import ApusKernels

/// Boosted trees.
package struct GradientBoostingModel: OffsetPredicting, RowPredicting, Inspectable {
    /// What was learned.
    let learned: BoostedTrees
    /// The same trees, for prediction.
    private let forest: Forest

    /// Compiles what was learned.
    init(_ learned: BoostedTrees) {
        self.learned = learned
        forest = Forest(learned.trees, scores: learned.scoreCount, binOfCode: learned.binOfCode)
    }

    package var inputs: Schema { learned.inputs }
    package var outputs: Prediction.Schema { learned.outputs }
    /// The scores before the first tree.
    package var initialScores: [Double] { learned.initialScores }
    /// The trees, iteration by iteration, one a score.
    package var trees: [Tree] { learned.trees }
    /// How many scores a row has.
    var scoreCount: Int { learned.scoreCount }

    package func state() throws -> State { try learned.state() }

    /// The scores of all rows, `(rows, scores)`, of a table in the inputs' order.
    package func rawScores(_ aligned: Table, in context: RunContext) throws -> Buffer<Double> {
        try Buffer(count: aligned.rowCount * scoreCount) { target in
            guard let base = target.baseAddress else { return }
            nonisolated(unsafe) let scores = base
            try forest.forParts(of: aligned.rowCount, in: context) { rows in
                score(aligned, rows, to: scores + rows.lowerBound * scoreCount, in: context)
            }
        }
    }

    /// Writes the scores of some rows.
    private func score(
        _ aligned: Table, _ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, in context: RunContext
    ) {
        for (score, initial) in initialScores.enumerated() {
            for row in 0..<rows.count { target[row * scoreCount + score] = initial }
        }
        forest.addScores(aligned, rows, to: target, kernels: TreeKernels(context.backend))
    }

    package func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        try predict(table, offsets: nil, in: context)
    }

    package func predict(_ table: Table, offsets: Matrix<Double>, in context: RunContext) throws -> Prediction {
        guard offsets.rows == table.rowCount, offsets.columns == scoreCount else {
            throw ApusError(
                "the model takes \(scoreCount) offsets for each of \(table.rowCount.grouped) rows, found \(offsets.columns) for \(offsets.rows.grouped)",
                kind: .usage)
        }
        return try predict(table, offsets: Optional(offsets), in: context)
    }

    private func predict(_ table: Table, offsets: Matrix<Double>?, in context: RunContext) throws -> Prediction {
        let aligned = try inputs.align(table)
        let width = outputs.outputs
        let values = try Matrix<Double>(rows: table.rowCount, columns: width) { target in
            guard let base = target.baseAddress else { return }
            nonisolated(unsafe) let outputs = base
            try forest.forParts(of: table.rowCount, in: context) { rows in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: rows.count * scoreCount) { scores in
                    guard let scores = scores.baseAddress else { return }
                    score(aligned, rows, to: scores, in: context)
                    if let offsets {
                        for place in 0..<rows.count * scoreCount {
                            scores[place] += offsets[rows.lowerBound + place / scoreCount, place % scoreCount]
                        }
                    }
                    apply(
                        rows.count, scores: scores, outputs: outputs + rows.lowerBound * width, context.backend)
                }
            }
        }
        return try Prediction(outputs, values)
    }

    private func apply(
        _ rows: Int, scores: UnsafePointer<Double>, outputs target: UnsafeMutablePointer<Double>, _ backend: Backend
    ) {
        LinkKernels(backend).apply(
            learned.link, rows: rows, scores: UnsafeBufferPointer(start: scores, count: rows * scoreCount),
            outputs: UnsafeMutableBufferPointer(start: target, count: rows * outputs.outputs))
    }

    package func predict(row: UnsafeBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Double>) {
        guard row.count >= inputs.fields.count, outputs.count >= self.outputs.outputs, let target = outputs.baseAddress
        else {
            outputs.update(repeating: .nan)
            return
        }
        withUnsafeTemporaryAllocation(of: Double.self, capacity: scoreCount + 1) { scratch in
            guard let scores = scratch.baseAddress else { return }
            for score in 0..<scoreCount { scores[score] = initialScores[score] }
            // A model of no inputs still needs something to point at.
            scores[scoreCount] = .nan
            let values = row.baseAddress ?? UnsafePointer(scores + scoreCount)
            forest.addScores(width: row.count, values: values, scores: scores, kernels: TreeKernels(.c))
            apply(1, scores: scores, outputs: target, .c)
        }
    }

    /// The same as `predict(row:into:)`, tree by tree and node by node.
    package func slowScores(row: UnsafeBufferPointer<Double>) -> [Double] {
        var scores = initialScores
        for (index, tree) in trees.enumerated() {
            scores[index % scoreCount] += tree.value(row: row, binOfCode: learned.binOfCode)
        }
        return scores
    }

    package var mainImportance: String { "gain" }

    package var importance: [String: [Double]] {
        var gain = [Double](repeating: 0, count: inputs.fields.count)
        var split = gain
        for tree in trees {
            for node in tree.nodes where !node.isLeaf {
                gain[node.column] += node.gain
                split[node.column] += 1
            }
        }
        return ["gain": gain, "split": split]
    }

    package var facts: [String: JSON] {
        [
            "trees_built": trees.count.json, "iterations": (trees.count / max(1, scoreCount)).json,
            "leaves": trees.reduce(0) { $0 + $1.leaves }.json, "depth": (trees.map(\.depth).max() ?? 0).json,
        ]
    }
}
