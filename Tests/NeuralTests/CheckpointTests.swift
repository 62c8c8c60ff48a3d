import ApusCore
import ApusNeural
import Foundation
import Testing

struct CheckpointTests {
    private static func rows(_ seed: String = "rings", columns: Int = 2) throws -> TrainingRows {
        let (x, codes) = rings(300, 2, from: seed)
        let wide = x.map { $0 + [Double](repeating: 0.5, count: columns - 2) }
        let held = rings(60, 2, from: "held")
        let heldWide = held.x.map { $0 + [Double](repeating: 0.5, count: columns - 2) }
        return try trainingRows(
            wide, classes(codes, 2), validation: trainingRows(heldWide, classes(held.codes, 2)))
    }

    private static func learner(_ optimizer: String = "adam") -> MultilayerPerceptron {
        var learner = MultilayerPerceptron()
        learner.hiddenLayerSizes = [12, 5]
        learner.dropout = 0.1
        learner.batchSize = 40
        learner.maxIter = 12
        learner.optimizer = PluginReference(optimizer)
        return learner
    }

    @Test(arguments: ["adam", "sgd", "lbfgs"])
    func `a fit that was killed goes on to equal bytes`(optimizer: String) throws {
        let (learner, rows) = (Self.learner(optimizer), try Self.rows())
        let whole = try learner.fit(rows, from: nil, in: context()).state()
        for (kill, interval) in [(1, 1), (5, 100), (9, 4)] {
            let store = MemoryStore(interval: interval)
            let cancellation = Cancellation()
            var stopping = try context(Listener { if $0 == kill { cancellation.cancel() } }, checkpoints: store)
            stopping.cancellation = cancellation
            let error = #expect(throws: ApusError.self) { try learner.fit(rows, from: nil, in: stopping) }
            #expect(error?.kind == .cancelled)
            let checkpoint = try #require(store.all.last)
            let resumed = try learner.resume(rows, from: checkpoint, in: context(threads: 2))
            #expect(same(whole, try resumed.state()))
        }
    }

    @Test func `a checkpoint of other layers, parameters, data or seed is refused by name`() throws {
        let store = MemoryStore()
        _ = try Self.learner().fit(try Self.rows(), from: nil, in: context(checkpoints: store))
        let checkpoint = try #require(store.all.first)
        func refusal(
            _ rows: TrainingRows, seed: UInt64 = 0, _ change: (inout MultilayerPerceptron) -> Void = { _ in }
        ) throws -> String {
            var changed = Self.learner()
            change(&changed)
            let learner = changed
            let error = #expect(throws: ApusError.self) {
                try learner.resume(rows, from: checkpoint, in: context(seed: seed))
            }
            return error?.description ?? ""
        }
        let rows = try Self.rows()
        #expect(
            try refusal(rows) { $0.hiddenLayerSizes = [12] }.contains("layers of 2, 12, 5, 1, this network of 2, 12, 1")
        )
        #expect(try refusal(Self.rows(columns: 3)).contains("this network of 3, 12, 5, 1"))
        #expect(try refusal(Self.rows("others")).contains("made on other data"))
        #expect(try refusal(rows) { $0.batchSize = 20 }.contains("batch_size = 40, now it is 20"))
        #expect(try refusal(rows) { $0.optimizer = PluginReference("sgd") }.contains("optimizer"))
        #expect(try refusal(rows, seed: 4).contains("seed"))
    }
}
