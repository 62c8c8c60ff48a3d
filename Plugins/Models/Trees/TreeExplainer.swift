import ApusCore
import ApusKernels

/// What each input of each row contributes to the sums of trees: exact Shapley values, with inputs outside a coalition
/// left to the shares of the training rows below each node.
///
/// Shares are of rows, whatever weights they had, as LightGBM has them; XGBoost takes shares of hessians instead, so that
/// its values differ where weights or hessians do.
///
/// Cost: for each row and tree a few operations a node, on vectors of half as many numbers as the longest path has
/// different inputs. Source: Lundberg et al., "From local explanations to global understanding", Nature Machine
/// Intelligence 2 (2020), for the definition; `ck_shap.h` tells how it is computed.
package struct TreeExplainer: Sendable {
    /// How many scores a row has.
    private let scores: Int
    private let trees: [ExplainedTree]
    /// The inputs that any tree looks at, and which of them each input is.
    private let usedColumns: [Int]
    private let place: [Int: Int]
    private let binOfCode: [[UInt8]?]

    /// Rows of one task, at most: a tree's factors are made once for all of them.
    private static let taskRows = 512

    /// Factors of one tree, at most: 1 GiB.
    private static let maxFactors = 1 << 27

    /// Prepares trees, of which tree t adds to score t % scores.
    package init(_ trees: [Tree], scores: Int, binOfCode: [[UInt8]?]) {
        self.init(
            trees.enumerated().map { ExplainedTree($1, score: $0 % scores) }, scores: scores, binOfCode: binOfCode)
    }

    /// Prepares trees that know what they add to which score.
    init(_ trees: [ExplainedTree], scores: Int, binOfCode: [[UInt8]?]) {
        self.scores = scores
        self.trees = trees
        self.binOfCode = binOfCode
        usedColumns = Set(trees.flatMap(\.kernel.inputs)).map(Int.init).sorted()
        place = Dictionary(uniqueKeysWithValues: usedColumns.enumerated().map { ($1, $0) })
    }

    /// The mean of each score over the rows that the trees were fitted on, without scores before the first tree.
    package var baseValues: [Double] {
        var values = [Double](repeating: 0, count: scores)
        for answer in trees.flatMap(\.answers) { values[answer.score] += answer.mean }
        return values
    }

    /// For each score `(rows, features + 1)`: contributions, and last the base value plus `initial`. `table` has the
    /// model's inputs in their order.
    package func contributions(_ table: Table, initial: [Double], in context: RunContext) throws -> [Matrix<Double>] {
        try refuseTooLarge()
        let (rows, width) = (table.rowCount, table.columns.count + 1)
        let bases = zip(baseValues, initial).map { $0 + $1 }
        let all = try Buffer<Double>(count: scores * rows * width) { target in
            target.initialize(repeating: 0)
            for score in 0..<scores {
                for row in 0..<rows { target[(score * rows + row + 1) * width - 1] = bases[score] }
            }
            if let base = target.baseAddress { try explain(table, to: base, width, in: context) }
        }
        return (0..<scores).map { score in
            Matrix(all.slice(score * rows * width..<(score + 1) * rows * width), rows: rows, columns: width)
        }
    }

    /// Throws where the factors of one tree would not fit a sensible part of memory.
    private func refuseTooLarge() throws {
        let largest = trees.max { $0.kernel.factors < $1.kernel.factors }
        guard let largest, largest.kernel.factors > TreeExplainer.maxFactors else { return }
        throw ApusError(
            "a tree of \(largest.kernel.leaves.count.grouped) leaves looks at more than \((largest.kernel.points * 2 - 8).grouped) features on one path",
            at: "contributions", remedy: "Take permutation importance, or train with fewer leaves.", kind: .usage)
    }

    private func explain(
        _ table: Table, to target: UnsafeMutablePointer<Double>, _ width: Int, in context: RunContext
    ) throws {
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let treeKernels = TreeKernels(kernels.backend)
        let rows = table.rowCount
        let rules = Dictionary(
            uniqueKeysWithValues: Set(trees.map(\.kernel.points)).map { ($0, GaussRule($0)) })
        // Each row is computed by itself, so that the tasks' size changes nothing.
        let blocks = (rows + ShapTree.rows - 1) / ShapTree.rows
        let taskRows = ShapTree.rows * max(1, min(TreeExplainer.taskRows / ShapTree.rows, blocks / kernels.threads))
        nonisolated(unsafe) let target = target
        kernels.parallelFor((rows + taskRows - 1) / taskRows) { task in
            let range = task * taskRows..<min(rows, (task + 1) * taskRows)
            let inputs = ExplainedInputs(table, usedColumns, range, binOfCode)
            let workspace = ShapWorkspace(for: trees.map(\.kernel))
            for tree in trees {
                if context.cancellation.isCancelled { return }
                guard !tree.kernel.splits.isEmpty, let rule = rules[tree.kernel.points] else { continue }
                tree.fill(workspace.tables, rule)
                for first in stride(from: 0, to: range.count, by: ShapTree.rows) {
                    let count = min(ShapTree.rows, range.count - first)
                    for split in tree.kernel.splits {
                        let node = tree.tree.nodes[Int(split.node)]
                        inputs.decide(
                            node, at: place[node.column] ?? 0, rows: first..<first + count,
                            into: workspace.right + ShapTree.rows * Int(split.node))
                    }
                    for answer in tree.answers {
                        treeKernels.shap(
                            count, tree: tree.kernel(answer), weights: rule.weights, workspace: workspace,
                            stride: width,
                            contributions: target + (answer.score * rows + range.lowerBound + first) * width)
                    }
                }
            }
        }
        try context.checkCancellation()
    }
}
