import ApusCore
import ApusTrees
import Synchronization
import Testing

@Suite struct CheckpointTests {
    /// Keeps every checkpoint, and stops the work when it was given enough of them.
    private final class Store: CheckpointStore {
        let interval: Int
        private let states = Mutex<[State]>([])
        private let cancellation: Cancellation?
        private let limit: Int

        init(interval: Int, cancelling cancellation: Cancellation? = nil, after limit: Int = .max) {
            (self.interval, self.cancellation, self.limit) = (interval, cancellation, limit)
        }

        var saved: [State] { states.withLock { $0 } }

        func save(_ state: State, as name: String) throws {
            let count = states.withLock {
                $0.append(state)
                return $0.count
            }
            if count == limit { cancellation?.cancel() }
        }

        func load(_ name: String) throws -> State? { nil }
    }

    private func problem(_ task: String) throws -> TrainingRows {
        let (table, score) = try Fixture.mixed(900)
        let target: Target =
            switch task {
            case "regression": Fixture.numbers(score)
            case "binary": Fixture.classes(score.map { $0 > 1 ? 1 : 0 }, ["no", "yes"])
            default: Fixture.classes(score.map { $0 > 2 ? 2 : $0 > 0 ? 1 : 0 }, ["a", "b", "c"])
            }
        let kept = Array(600..<900)
        let validation = Fixture.rows(try table.rows(kept), target.rows(kept))
        let fitted = Array(0..<600)
        return Fixture.rows(try table.rows(fitted), target.rows(fitted), validation: validation)
    }

    @Test(arguments: ["regression", "binary", "multiclass"], [false, true])
    func `a fit that goes on from any checkpoint ends with the same bytes`(task: String, stopsEarly: Bool) throws {
        let rows = try problem(task)
        var learner = GradientBoosting()
        learner.nEstimators = 30
        learner.earlyStopping = stopsEarly
        learner.nIterNoChange = 5
        learner.learningRate = 0.5
        let store = Store(interval: 4)
        var context = try Fixture.context()
        context.checkpoints = store
        let whole = try Fixture.bytes(try learner.fit(rows, from: nil, in: context))
        #expect(try whole == Fixture.bytes(try learner.fit(rows, from: nil, in: Fixture.context())))
        #expect(store.saved.count >= 2)
        for state in store.saved {
            let other = try Fixture.context(threads: 1, backend: .swift)
            #expect(try Fixture.bytes(learner.resume(rows, from: state, in: other)) == whole)
        }
    }

    @Test func `a cancelled fit leaves a checkpoint of its last whole iteration`() throws {
        let rows = try problem("multiclass")
        var learner = GradientBoosting()
        learner.nEstimators = 20
        var context = try Fixture.context()
        let store = Store(interval: 3, cancelling: context.cancellation, after: 2)
        context.checkpoints = store
        let error = #expect(throws: ApusError.self) { _ = try learner.fit(rows, from: nil, in: context) }
        #expect(error?.kind == .cancelled)
        #expect(store.saved.count == 3)
        let last = try #require(store.saved.last)
        let whole = try Fixture.bytes(learner.fit(rows, from: nil, in: Fixture.context()))
        #expect(try Fixture.bytes(learner.resume(rows, from: last, in: Fixture.context())) == whole)
    }

    @Test func `a fit that continues a model can itself be resumed`() throws {
        let rows = try problem("binary")
        var learner = GradientBoosting()
        learner.nEstimators = 6
        let first = try learner.fit(rows, from: nil, in: Fixture.context())
        let store = Store(interval: 4)
        var context = try Fixture.context()
        context.checkpoints = store
        let whole = try Fixture.bytes(learner.fit(rows, from: first, in: context))
        let state = try #require(store.saved.first)
        #expect(try Fixture.bytes(learner.resume(rows, from: state, in: Fixture.context())) == whole)
    }

    @Test func `a checkpoint of other rows or a damaged one is refused`() throws {
        let rows = try problem("binary")
        var learner = GradientBoosting()
        learner.nEstimators = 6
        let store = Store(interval: 3)
        var context = try Fixture.context()
        context.checkpoints = store
        _ = try learner.fit(rows, from: nil, in: context)
        let state = try #require(store.saved.first)
        #expect(throws: ApusError.self) {
            _ = try learner.resume(rows.rows(Array(0..<500)), from: state, in: Fixture.context())
        }
        #expect(throws: ApusError.self) {
            _ = try learner.resume(problem("multiclass"), from: state, in: Fixture.context())
        }
        var damaged = state
        damaged.tensors["scores"] = Tensor([Double](repeating: .nan, count: 600))
        #expect(throws: ApusError.self) { _ = try learner.resume(rows, from: damaged, in: Fixture.context()) }
        damaged.tensors = [:]
        #expect(throws: ApusError.self) { _ = try learner.resume(rows, from: damaged, in: Fixture.context()) }
        damaged = state
        damaged.children = [:]
        #expect(throws: ApusError.self) { _ = try learner.resume(rows, from: damaged, in: Fixture.context()) }
    }
}
