import ApusCore

/// An objective with one of the tasks that it takes, 60 rows and some scores.
struct ObjectiveSubject: Sendable {
    /// What one evaluation writes and returns.
    struct Evaluation {
        var loss: Double
        var gradients: [Double]
        var hessians: [Double]
    }

    let objective: any Objective
    let task: LearningTask
    let target: Target
    /// Weights between 0.5 and 3.
    let weights: Buffer<Double>
    /// Scores of a row.
    let width: Int
    /// `(rows, width)`, between −2 and 2.
    let scores: [Double]

    static let rows = 60

    init(_ objective: any Objective, _ task: LearningTask, _ target: Target) throws {
        self.objective = objective
        self.task = task
        self.target = target
        width = try objective.scores(for: target)
        let random = CounterRandom(seed: 4, purpose: "contracts.scores")
        weights = Buffer((0..<ObjectiveSubject.rows).map { 0.5 + 2.5 * random.unit(1_000_000 + $0) })
        scores = (0..<ObjectiveSubject.rows * max(width, 0)).map { random.unit($0) * 4 - 2 }
    }

    /// Targets that an objective may take: positive numbers if it refuses others.
    static func targets(_ task: LearningTask) -> [Target] {
        let sample = SampleRows(capabilities: []).target(task, 0..<rows)
        guard case .values(let values) = sample else { return [sample] }
        return [sample, .values(Buffer(values.map { abs($0) + 0.25 }))]
    }

    /// Evaluates rows into buffers that hold `untouched` elsewhere.
    func evaluate(
        _ scores: [Double]? = nil, weights: Buffer<Double>? = nil, rows: Range<Int>? = nil, backend: Backend = .c,
        untouched: Double = -7
    ) -> Evaluation {
        let scores = scores ?? self.scores
        var result = Evaluation(
            loss: 0, gradients: [Double](repeating: untouched, count: scores.count),
            hessians: [Double](repeating: untouched, count: scores.count))
        scores.withUnsafeBufferPointer { scores in
            result.gradients.withUnsafeMutableBufferPointer { gradients in
                result.hessians.withUnsafeMutableBufferPointer { hessians in
                    result.loss = objective.evaluate(
                        target, weights: weights, rows: rows ?? 0..<target.count, scores: scores,
                        gradients: gradients, hessians: hessians, backend: backend)
                }
            }
        }
        return result
    }

    func loss(_ scores: [Double], weights: Buffer<Double>? = nil, rows: Range<Int>? = nil) -> Double {
        scores.withUnsafeBufferPointer {
            objective.loss(target, weights: weights, rows: rows ?? 0..<target.count, scores: $0, backend: .c)
        }
    }

    /// The outputs of rows of scores.
    func outputs(_ scores: [Double]) throws -> Prediction {
        let schema = Prediction.Schema(for: target)
        let rows = scores.count / width
        let link = objective.link(for: target)
        return try Prediction(
            schema,
            Matrix(rows: rows, columns: schema.outputs) { outputs in
                outputs.initialize(repeating: .nan)
                scores.withUnsafeBufferPointer { link.apply(rows: rows, scores: $0, outputs: outputs) }
            })
    }
}
