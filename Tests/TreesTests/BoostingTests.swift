import ApusCore
import ApusKernels
import ApusTrees
import Foundation
import Testing

@Suite struct BoostingTests {
    private func learner(_ change: (inout GradientBoosting) -> Void = { _ in }) -> GradientBoosting {
        var learner = GradientBoosting()
        learner.nEstimators = 20
        change(&learner)
        return learner
    }

    @Test func `one tree of five rows is what paper and pencil give`() throws {
        // Mean 4; errors -3 -2 -1 2 4 times -1. Best split of one: {1,2,3} against {6,8}: means 2 and 7.
        let table = try Table(["x": Column([10, 20, 30, 40, 50])])
        let tree = learner {
            $0.nEstimators = 1
            $0.numLeaves = 2
            $0.minSamplesLeaf = 1
            $0.learningRate = 0.5
        }
        let model = try Fixture.fit(tree, Fixture.rows(table, Fixture.numbers([1, 2, 3, 6, 8])))
        let prediction = try model.predict(table)
        for (row, expected) in [3.0, 3, 3, 5.5, 5.5].enumerated() {
            #expect(abs(prediction.value(row) - expected) < 1e-12)
        }
        let edges = try model.predict(Table(["x": Column([35, 35.0000001])]))
        #expect(edges.value(0) < 4 && edges.value(1) > 4)
        // Gain: 6²/3 + 6²/2.
        #expect(abs((model.importance["gain"]?[0] ?? 0) - 30) < 1e-2)
        #expect(model.importance["split"] == [1])
    }

    @Test(arguments: ["regression", "binary", "multiclass"])
    func `threads, backend and the order of rows change no byte`(task: String) throws {
        let (table, score) = try Fixture.mixed(6000)
        let target = target(score, task)
        let learner = learner { $0.nEstimators = task == "multiclass" ? 5 : 12 }
        let expected = try Fixture.bytes(
            Fixture.fit(learner, Fixture.rows(table, target), Fixture.context(threads: 1)))
        for threads in [2, 3, 8] {
            let model = try Fixture.fit(learner, Fixture.rows(table, target), Fixture.context(threads: threads))
            #expect(try Fixture.bytes(model) == expected, "\(threads) threads")
        }
        let twin = try Fixture.fit(learner, Fixture.rows(table, target), Fixture.context(backend: .swift))
        #expect(try Fixture.bytes(twin) == expected, "swift kernels")
        let order = CounterRandom(seed: 3, purpose: "shuffle").permutation(table.rowCount)
        let shuffled = try Fixture.fit(
            learner, Fixture.rows(table.rows(order), target.rows(order), ids: order.map(Int64.init)))
        #expect(try Fixture.bytes(shuffled) == expected, "shuffled rows")
    }

    private func target(_ score: [Double], _ task: String) -> Target {
        switch task {
        case "regression": Fixture.numbers(score)
        case "binary": Fixture.classes(score.map { $0 > 2 ? 1 : 0 }, ["no", "yes"])
        default: Fixture.classes(score.map { $0 > 3 ? 2 : $0 > 1 ? 1 : 0 }, ["low", "middle", "high"])
        }
    }

    @Test(arguments: ["regression", "binary", "multiclass"])
    func `the compiled forest and the single row agree with walking node by node`(task: String) throws {
        let (table, score) = try Fixture.mixed(3000)
        let model = try Fixture.fit(learner(), Fixture.rows(table, target(score, task)))
        let (other, _) = try Fixture.mixed(777, seed: 99)
        let aligned = try model.inputs.align(other)
        let columns = aligned.columns.map(\.doubles)
        let scores = try model.rawScores(aligned, in: RunContext())
        let twin = try model.rawScores(aligned, in: RunContext(backend: .swift))
        let prediction = try model.predict(other)
        var outputs = [Double](repeating: 0, count: model.outputs.outputs)
        for row in 0..<aligned.rowCount {
            let values = columns.map { $0?[row] ?? .nan }
            values.withUnsafeBufferPointer { values in
                let slow = model.slowScores(row: values)
                let start = row * slow.count
                #expect(Array(scores[start..<start + slow.count]) == slow)
                #expect(Array(twin[start..<start + slow.count]) == slow)
                outputs.withUnsafeMutableBufferPointer { model.predict(row: values, into: $0) }
            }
            #expect(outputs == Array(prediction.values.row(row)))
        }
    }

    @Test(arguments: ["regression", "binary", "multiclass"])
    func `a saved and restored model predicts the same`(task: String) throws {
        let (table, score) = try Fixture.mixed(2000)
        let model = try Fixture.fit(learner(), Fixture.rows(table, target(score, task)))
        let restored = try GradientBoosting.restoring(try model.state())
        #expect(try restored.predict(table).values.elements.elementsEqual(model.predict(table).values.elements))
        #expect(try Fixture.bytes(restored) == Fixture.bytes(model))
    }

    @Test func `leaves hold at least as many rows as asked, counted`() throws {
        let (table, score) = try Fixture.mixed(3000)
        for least in [1, 7, 20, 150] {
            let learner = learner { $0.minSamplesLeaf = least }
            let model = try Fixture.fit(learner, Fixture.rows(table, target(score, "binary")))
            let smallest = model.trees.flatMap(\.nodes).filter(\.isLeaf).map(\.count).min()
            #expect((smallest ?? 0) >= least)
            #expect(
                model.trees.allSatisfy { tree in
                    tree.nodes.filter(\.isLeaf).map(\.count).reduce(0, +) == 3000
                })
        }
    }

    @Test func `early stopping keeps the best iteration`() throws {
        let (table, score) = try Fixture.mixed(600)
        let (held, heldScore) = try Fixture.mixed(400, seed: 8)
        let validation = Fixture.rows(held, target(heldScore, "binary"))
        let rows = Fixture.rows(table, target(score, "binary"), validation: validation)
        let settings = learner {
            $0.nEstimators = 500
            $0.nIterNoChange = 10
            $0.learningRate = 0.3
        }
        let stopped = try Fixture.fit(settings, rows)
        #expect(stopped.trees.count < 300)
        func loss(_ count: Int) throws -> Double {
            let model = try Fixture.fit(
                learner {
                    $0.nEstimators = count
                    $0.learningRate = 0.3
                    $0.earlyStopping = false
                }, rows)
            let prediction = try model.predict(held)
            return zip(0..., heldScore).reduce(0) {
                $0 - log($1.1 > 2 ? prediction.value($1.0) : 1 - prediction.value($1.0))
            }
        }
        let best = try loss(stopped.trees.count)
        for other in [stopped.trees.count - 5, stopped.trees.count + 5] where other > 0 {
            #expect(try loss(other) >= best)
        }
        let off = learner {
            $0.nEstimators = 50
            $0.earlyStopping = false
        }
        #expect(try Fixture.fit(off, rows).trees.count == 50)
    }

    /// The share of rows that are decided wrongly, or minus it.
    private struct Mistakes: Scoring, ScoringSource {
        let greaterIsBetter: Bool

        func score(_ prediction: Prediction, _ target: Target, weights: Buffer<Double>?) throws -> Double {
            guard case .classes(let codes, _) = target else { throw ApusError("no classes") }
            let wrong = codes.enumerated().count { prediction.classIndex($0) != Int($1) }
            return Double(wrong) / Double(codes.count) * (greaterIsBetter ? -1 : 1)
        }

        func scoring(_ name: String, for target: Target) throws -> any Scoring {
            guard name == "mistakes" else { throw ApusError("there is no \(name)", kind: .usage) }
            return self
        }
    }

    @Test(arguments: [false, true])
    func `early stopping by a metric keeps the first of its best iterations`(greaterIsBetter: Bool) throws {
        let (table, score) = try Fixture.mixed(600)
        let (held, heldScore) = try Fixture.mixed(400, seed: 8)
        let validation = Fixture.rows(held, target(heldScore, "binary"))
        let rows = Fixture.rows(table, target(score, "binary"), validation: validation)
        var context = try Fixture.context()
        let mistakes = Mistakes(greaterIsBetter: greaterIsBetter)
        context.scoring = mistakes
        let settings = learner {
            $0.nEstimators = 200
            $0.nIterNoChange = 15
            $0.learningRate = 0.3
            $0.scoring = "mistakes"
        }
        let stopped = try Fixture.fit(settings, rows, context)
        let whole = learner {
            $0.nEstimators = stopped.trees.count + 15
            $0.learningRate = 0.3
            $0.earlyStopping = false
        }
        let trees = try Fixture.fit(whole, rows).trees
        #expect(Array(trees.prefix(stopped.trees.count)) == stopped.trees)
        let values = try (0...trees.count).map { count in
            let model = try Fixture.fit(
                learner {
                    $0.nEstimators = count
                    $0.learningRate = 0.3
                    $0.earlyStopping = false
                }, rows)
            return try abs(mistakes.score(model.predict(held), validation.target, weights: nil))
        }
        #expect(values.firstIndex(of: try #require(values.min())) == stopped.trees.count)
    }

    @Test func `a metric that there is not is refused, whether or not there is a source of them`() throws {
        let (table, score) = try Fixture.mixed(100)
        let rows = Fixture.rows(table, target(score, "binary"))
        var context = try Fixture.context()
        let settings = learner { $0.scoring = "roc" }
        for source in [nil, Mistakes(greaterIsBetter: true)] {
            context.scoring = source
            let error = #expect(throws: ApusError.self) { try Fixture.fit(settings, rows, context) }
            #expect(error?.place.hasPrefix("parameter 'scoring'") == true && error?.kind == .usage)
        }
    }

    @Test func `continued training equals one longer fit`() throws {
        let (table, score) = try Fixture.mixed(2000)
        let rows = Fixture.rows(table, target(score, "binary"))
        let first = try Fixture.fit(learner { $0.nEstimators = 8 }, rows)
        let more = try learner { $0.nEstimators = 12 }.fit(rows, from: first, in: Fixture.context())
        let whole = try Fixture.fit(learner { $0.nEstimators = 20 }, rows)
        #expect(try Fixture.bytes(more) == Fixture.bytes(whole))
    }
}
