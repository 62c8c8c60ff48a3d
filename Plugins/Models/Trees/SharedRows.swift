import ApusCore

/// The rows of a fit as all of its processes have them: each holds a share, all know the answers of every row.
///
/// On one process the share is the whole, and nothing is copied. A row's target, weight and offsets are a few bytes
/// beside its features; with them every process finds the same initial scores by itself, whatever the objective.
struct SharedRows: Sendable {
    let communicator: any Communicator
    /// Rows of all processes.
    let count: Int
    /// Their answers, one process after another, or by id.
    let target: Target
    /// Their weights, without those of classes.
    let weights: Buffer<Double>?
    /// What is added to their scores, `(count, scores)`.
    let offsets: Matrix<Double>?
    /// Of rows by id, where each stands among those of one process after another.
    private let order: [Int]?

    /// Asks all processes for theirs; `byID` puts the rows in ascending order of their ids, as they stand where there is
    /// one process: sums of losses depend on it in the last bits.
    init(_ share: TrainingRows, byID: Bool = false, _ communicator: any Communicator) throws {
        self.communicator = communicator
        let own = try share.target
        count = try communicator.sum(share.count)
        let target = try communicator.gather(own)
        let weights = try communicator.gather(weights: share.weights, of: share.count)
        offsets = try SharedRows.gather(share.offsets, communicator)
        guard byID, communicator.size > 1 else {
            (self.target, self.weights, order) = (target, weights, nil)
            return
        }
        let ids = try communicator.gather(share.rowIDs)
        let order = ids.indices.sorted { ids[$0] < ids[$1] }
        self.target = target.rows(order)
        self.weights = weights.map { weights in Buffer(order.map { weights[$0] }) }
        self.order = order
    }

    /// The scores of all processes' rows, `(count, scores)`, in the order of the target.
    func gather(_ scores: Buffer<Double>) throws -> Buffer<Double> {
        let all = try communicator.gather(scores)
        guard let order else { return all }
        let width = all.count / order.count
        return Buffer(count: all.count) { target in
            for (place, row) in order.enumerated() {
                for score in 0..<width { target[place * width + score] = all[row * width + score] }
            }
        }
    }

    private static func gather(_ own: Matrix<Double>?, _ communicator: any Communicator) throws -> Matrix<Double>? {
        guard communicator.size > 1, let own else { return own }
        let packed = own.rows(Array(0..<own.rows))
        let all = try communicator.gather(packed.elements)
        return Matrix(all, rows: all.count / max(1, own.columns), columns: own.columns)
    }

    /// Throws unless all processes have the same columns, labels, parameters and seed: else they would grow different
    /// trees, or wait for each other for ever.
    static func agree(
        _ share: TrainingRows, _ settings: GradientBoosting, from model: (any Model)?, in context: RunContext
    ) throws {
        let communicator = context.communicator
        guard communicator.size > 1 else { return }
        let schema = try share.table.schema
        let answers = Prediction.Schema(for: try share.target)
        let parts: [String] = [
            schema.fields.map { "\($0.name)\u{1}\($0.kind.rawValue)\u{1}\($0.categories ?? [])" }.joined(
                separator: "\u{2}"),
            answers.task.rawValue, "\(answers.labels)", "\(context.seed)",
            JSON.object(settings.parameterValues).serialized(), "\(share.offsets?.columns ?? 0)",
            "\((model as? GradientBoostingModel)?.trees.count ?? 0)",
        ]
        // A stream's numbers depend on every byte of its purpose.
        let digest = CounterRandom(seed: 0, purpose: parts.joined(separator: "\u{3}"))[0]
        let all = try withUnsafePointer(to: digest) {
            try communicator.gather(UnsafeBufferPointer(start: $0, count: 1))
        }
        guard all.allSatisfy({ $0 == digest }) else {
            throw ApusError(
                "the processes that share the rows differ in columns, categories, labels, parameters or seed",
                remedy: "Read all shares with one schema, and start all processes alike.", kind: .usage)
        }
    }
}
