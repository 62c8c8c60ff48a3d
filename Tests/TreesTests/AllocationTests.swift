import AllocationCounter
import ApusCore
import ApusTrees
import Testing

/// A single row is predicted without asking for memory: counted on this thread alone, whatever other tests do.
@Suite(.enabled(if: allocation_count() >= 0, "allocations are counted with glibc")) struct AllocationTests {
    /// Allocations of `body` on this thread.
    private func allocations(_ body: () -> Void) -> Int {
        let before = allocation_count()
        body()
        return allocation_count() - before
    }

    private func check(_ model: any RowPredicting, _ table: Table) throws {
        let rows = try Matrix<Double>(model.inputs.align(table))
        var outputs = [Double](repeating: 0, count: model.outputs.outputs)
        let count = outputs.withUnsafeMutableBufferPointer { outputs in
            rows.elements.withUnsafeBufferPointer { elements in
                allocations {
                    for row in 0..<rows.rows {
                        let first = row * rows.stride
                        let values = UnsafeBufferPointer(rebasing: elements[first..<first + rows.columns])
                        model.predict(row: values, into: outputs)
                    }
                }
            }
        }
        #expect(count == 0, "\(count) allocations for \(rows.rows) rows")
    }

    @Test func `an array on the heap is counted`() {
        var kept: [[Int]] = []
        kept.reserveCapacity(8)
        #expect(allocations { kept.append(Array(repeating: kept.count, count: 1000)) } > 0)
    }

    @Test(arguments: ["regression", "binary", "multiclass"])
    func `boosted trees predict a row without an allocation`(task: String) throws {
        let (table, score) = try Fixture.mixed(600)
        let target: Target =
            switch task {
            case "regression": Fixture.numbers(score)
            case "binary": Fixture.classes(score.map { $0 > 2 ? 1 : 0 }, ["no", "yes"])
            default: Fixture.classes(score.map { $0 > 3 ? 2 : $0 > 1 ? 1 : 0 }, ["low", "middle", "high"])
            }
        var learner = GradientBoosting()
        learner.nEstimators = 100
        try check(Fixture.fit(learner, Fixture.rows(table, target)), table)
    }

    @Test(arguments: ForestModelTests.tasks)
    func `forests predict a row without an allocation`(task: LearningTask) throws {
        let (table, score) = try Fixture.mixed(600)
        for learner in ForestModelTests.learners {
            let model = try ForestModelTests.fit(learner, Fixture.rows(table, ForestModelTests.target(score, task)))
            try check(model, table)
        }
    }
}
