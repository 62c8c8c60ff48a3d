import ApusCore
import ApusNeural
import Foundation
import Testing

struct BadInputTests {
    private static func rows(_ count: Int = 60) throws -> TrainingRows {
        let (x, codes) = rings(count, 2)
        return try trainingRows(x, classes(codes, 2))
    }

    private static let steep = draws("steep", 64, 2)

    /// Learns the difference of two numbers in steps that are far too long.
    private static func diverge(
        _ context: RunContext, batchSize: Int, _ change: (inout MultilayerPerceptron) -> Void = { _ in }
    ) throws -> any Model {
        let rows = try trainingRows(steep, .values(Buffer(steep.map { $0[0] - $0[1] })))
        return try PerceptronTests.fit(rows, context) {
            $0.optimizer = PluginReference("sgd")
            $0.learningRate = 1e3
            $0.activation = .tanh
            $0.batchSize = batchSize
            change(&$0)
        }
    }

    @Test func `a rate that diverges at once is an error that says where`() throws {
        let error = #expect(throws: ApusError.self) { try Self.diverge(context(), batchSize: 16) }
        #expect(error?.description.contains("diverged in epoch 1, iteration") == true)
        #expect(error?.remedy.contains("learning rate") == true)
    }

    @Test func `a rate that diverges later leaves the best, and says where`() throws {
        let listener = Listener()
        let model = try Self.diverge(context(listener), batchSize: 16) {
            $0.optimizer = PluginReference("sgd", ["warmup_steps": 400])
            $0.learningRate = 40
            $0.maxIter = 400
            $0.nIterNoChange = 400
            $0.alpha = 1
        }
        let warning = try #require(listener.warnings.first)
        #expect(warning.contains("diverged in epoch") && warning.contains("is kept"))
        let losses = listener.progress.compactMap { $0.metrics["train_loss"] }
        #expect(warning.contains("after epoch \((losses.firstIndex(of: losses.min() ?? 0) ?? -9) + 1)"))
        let prediction = try model.predict(numberTable(Self.steep))
        #expect((0..<64).allSatisfy { prediction.value($0).isFinite })
    }

    @Test func `what diverged before it was better than one answer for all rows is no model`() throws {
        let error = #expect(throws: ApusError.self) { try Self.diverge(context(), batchSize: 64) }
        #expect(error?.description.contains("diverged in epoch") == true)
        #expect(error?.description.contains("no epoch before was better than one answer for all rows") == true)
    }

    @Test func `a loss that still falls where the epochs end is told`() throws {
        for (epochs, isTold) in [(2, true), (200, false)] {
            let listener = Listener()
            _ = try PerceptronTests.fit(Self.rows(), context(listener)) {
                ($0.maxIter, $0.learningRate, $0.tol) = (epochs, 0.01, 1e-3)
            }
            #expect(listener.warnings.contains { $0.contains("try more max_iter") } == isTold)
        }
    }

    @Test func `a batch larger than the data is all of them, and told`() throws {
        let listener = Listener()
        _ = try PerceptronTests.fit(Self.rows(), context(listener)) { $0.maxIter = 2 }
        #expect(listener.warnings.contains { $0.contains("batch_size is 200") && $0.contains("60 rows") })
    }

    @Test func `an unknown optimizer is refused with the nearest name`() throws {
        let error = #expect(throws: ApusError.self) {
            try PerceptronTests.fit(Self.rows(), context()) { $0.optimizer = PluginReference("adan") }
        }
        #expect(error?.remedy.contains("adam") == true)
        #expect(throws: ApusError.self) {
            try PerceptronTests.fit(Self.rows(), context()) { $0.objective = PluginReference("objective.squared") }
        }
    }

    @Test(arguments: [Double.nan, .infinity, 1e300])
    func `a feature that is no number is named by column and row`(bad: Double) throws {
        var (x, codes) = rings(40, 2)
        x[22][1] = bad
        let rows = try trainingRows(x, classes(codes, 2))
        let error = #expect(throws: ApusError.self) { try PerceptronTests.fit(rows, context()) }
        #expect(error?.place.contains("column 'x2' row 23") == true)
        #expect(error?.remedy.contains("transform.impute") == true)
        let model = try PerceptronTests.fit(Self.rows(), context()) { $0.maxIter = 1 }
        #expect(throws: ApusError.self) { try model.predict(numberTable(x)) }
    }

    @Test func `one row, constant columns, no features, one class`() throws {
        let one = try PerceptronTests.fit(trainingRows([[1, 2]], .values(Buffer([7]))), context())
        #expect(abs(try one.predict(numberTable([[1, 2]])).value(0) - 7) < 1)
        let constant = [[Double]](repeating: [3, -3], count: 50)
        let codes = (0..<50).map { $0 % 2 }
        let flat = try PerceptronTests.fit(trainingRows(constant, classes(codes, 2)), context())
        #expect(abs(try flat.predict(numberTable(constant)).value(0) - 0.5) < 0.1)
        let single = try PerceptronTests.fit(
            trainingRows(draws("x", 30, 2), classes((0..<30).map { _ in 1 }, 2)), context())
        #expect(try single.predict(numberTable([[0, 0]])).value(0) > 0.9)
        let empty = try Table(Schema([]), [], rowCount: 20)
        let rows = TrainingRows(
            .table(empty), targets: [.values(Buffer((0..<20).map { Double($0) }))],
            rowIDs: Buffer((0..<20).map(Int64.init)))
        let mean = try PerceptronTests.fit(rows, context())
        #expect(abs(try mean.predict(Table(Schema([]), [], rowCount: 1)).value(0) - 9.5) < 1)
    }

    @Test func `a network too large to index is refused`() throws {
        let error = #expect(throws: ApusError.self) {
            try PerceptronTests.fit(Self.rows(), context()) { $0.hiddenLayerSizes = [65_536, 65_536] }
        }
        #expect(error?.remedy.contains("hidden_layer_sizes") == true)
    }
}
