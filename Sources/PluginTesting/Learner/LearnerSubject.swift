import ApusCore
import ApusPipeline
import Synchronization

/// A learner with one of its tasks, rows to learn from and to predict, and what it learned from them.
struct LearnerSubject: Sendable {
    let learner: any Learner
    let registry: Registry
    let task: LearningTask
    let samples: SampleRows
    /// 120 rows, and 40 more as the validation part.
    let rows: TrainingRows
    /// 40 rows that are in none of them.
    let probe: Table
    /// Learned from `rows`.
    let model: any Model
    /// What it says about `probe`.
    let prediction: Prediction

    /// `capabilities` say which kinds of columns the rows have.
    init(
        _ learner: any Learner, _ task: LearningTask, _ registry: Registry, columns capabilities: Set<Capability>
    ) throws {
        self.learner = learner
        self.registry = registry
        self.task = task
        // The columns that it takes as they are: what stands before it in a pipeline is not its affair.
        let context = RunContext(seed: 7, threads: 1, registry: registry)
        func learned(_ samples: SampleRows) throws -> (TrainingRows, Table, any Model, Prediction) {
            let rows = try samples.training(task, 0..<120, validation: samples.training(task, 120..<160))
            let probe = try samples.table(160..<200)
            try Pipeline([], learner).plan(rows.table.schema, task: task)
            let model = try learner.fit(rows, from: nil, in: context)
            return (rows, probe, model, try model.predict(probe, in: context))
        }
        (samples, (rows, probe, model, prediction)) = try attempt("fit 120 rows and predict 40 others") {
            let plain = SampleRows(capabilities: capabilities)
            do {
                return (plain, try learned(plain))
            } catch let refusal as ApusError {
                // Learners of counts refuse negative numbers.
                let positive = SampleRows(capabilities: capabilities, isPositive: true)
                guard let found = try? learned(positive) else { throw refusal }
                return (positive, found)
            }
        }
    }

    var descriptor: Descriptor { type(of: learner).descriptor }

    func context(threads: Int = 1, backend: Backend = .c, seed: UInt64 = 7) -> RunContext {
        RunContext(seed: seed, threads: threads, backend: backend, registry: registry)
    }

    func fit(_ rows: TrainingRows, in context: RunContext? = nil) throws -> any Model {
        try learner.fit(rows, from: nil, in: context ?? self.context())
    }

    /// The rows of `probe` in another table answered as in `prediction`.
    func requireSameAnswers(_ model: any Model, _ attempted: String, tolerance: Double = 0) throws {
        let answers = try attempt(attempted) { try model.predict(probe, in: context()) }
        try requireEqual(Difference.between(prediction, answers, tolerance: tolerance), attempted)
    }

    /// A fit on unusual rows either learns, with valid answers, or refuses.
    func requireValidAnswersOrRefusal(_ rows: TrainingRows, _ attempted: String) throws {
        guard let model = try answerOrRefusal(attempted, { try fit(rows) }) else { return }
        try requireValidAnswers(model, try rows.table, attempted)
    }

    /// Valid answers to the rows it was fitted on.
    func requireValidAnswers(_ model: any Model, _ table: Table, _ attempted: String) throws {
        let answers = try attempt("\(attempted), then predict them") { try model.predict(table, in: context()) }
        try requireEqual(invalidity(of: answers), "\(attempted), then predict them")
    }
}

/// What is wrong with a prediction: not finite, or probabilities that are none.
func invalidity(of prediction: Prediction) -> String? {
    for row in 0..<prediction.count {
        let outputs = (0..<prediction.values.columns).map { prediction.values[row, $0] }
        if let wrong = outputs.first(where: { !$0.isFinite }) { return "the answer for row \(row + 1) is \(wrong)" }
        guard prediction.schema.task != .regression else { continue }
        if let wrong = outputs.first(where: { !(0...1).contains($0) }) {
            return "a probability of row \(row + 1) is \(wrong)"
        }
        guard prediction.schema.task.isClassification else { continue }
        let sum = outputs.reduce(0, +)
        if abs(sum - 1) > 1e-9 { return "the probabilities of row \(row + 1) sum to \(sum)" }
    }
    return nil
}

/// Keeps all checkpoints in memory.
final class RecordingStore: CheckpointStore {
    let interval = 1
    private let states = Mutex<[State]>([])

    var all: [State] { states.withLock { $0 } }

    func save(_ state: State, as name: String) { states.withLock { $0.append(state) } }
    func load(_ name: String) -> State? { states.withLock { $0.last } }
}
