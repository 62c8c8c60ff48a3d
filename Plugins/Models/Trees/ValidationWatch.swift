import ApusCore
import ApusKernels

/// Rows that are kept from fitting: how good the answers for them are after each tree. With several processes each
/// adds trees to the scores of its share, and judges the answers for all.
final class ValidationWatch {
    /// The mean loss when it was measured last.
    private(set) var loss = Double.infinity
    /// The metric that early stopping goes by, when it was measured last; nil if it goes by the loss.
    private(set) var score: Double?
    /// The rows of this process.
    let rows: BoostedRows
    /// Those of all processes.
    let all: BoostedRows
    private let shared: SharedRows
    private let binned: BinnedTable
    private let scoring: (any Scoring)?
    private let predict: (BoostedRows) throws -> Prediction
    private let partition: RowPartition
    private let trees: TreeKernels

    /// `predict` makes answers of scores; `all` is `rows` where there is one process.
    init(
        _ rows: BoostedRows, all: BoostedRows, _ shared: SharedRows, _ binned: BinnedTable, scoring: (any Scoring)?,
        kernels: Kernels,
        predict: @escaping (BoostedRows) throws -> Prediction
    ) {
        self.rows = rows
        self.all = all
        self.shared = shared
        self.binned = binned
        self.scoring = scoring
        self.predict = predict
        partition = RowPartition(rows.count, kernels: kernels)
        trees = TreeKernels(kernels.backend)
    }

    /// What early stopping wants small.
    var cost: Double {
        guard let score, let scoring else { return loss }
        return scoring.greaterIsBetter ? -score : score
    }

    /// Measures loss and metric for the present scores. Throws where the metric is undefined.
    func measure(_ backend: Backend) throws {
        if all !== rows { all.fill(try shared.gather(rows.allScores)) }
        loss = all.measure(backend)
        guard let scoring else { return }
        do {
            score = try scoring.score(predict(all), all.target, weights: all.weights)
        } catch let error as ApusError {
            throw error.at("validation part")
        }
    }

    /// Adds a tree's values to the scores of the rows.
    func add(_ tree: GrownTree, score: Int) {
        partition.route(partition.all, down: tree, binned) { node, here in
            trees.addValue(
                here.count, rows: partition.pointer(here), first: 0, value: tree.nodes[node].value,
                stride: rows.stride, scores: rows.scores(of: score))
        }
    }
}
