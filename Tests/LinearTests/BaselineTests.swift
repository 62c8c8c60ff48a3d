import ApusBaselines
import ApusCore
import Testing

struct BaselineTests {
    static let x = (0..<400).map { [Double($0), Double($0 % 7)] }

    @Test func `the zero rule answers the mean, weighted`() throws {
        let rows = try trainingRows([[1], [2], [3]], .values(Buffer([1, 2, 6])), weights: [1, 0, 3])
        let model = try ZeroRule().fit(rows, from: nil, in: context())
        #expect(try model.predict(numberTable([[9], [8]], width: 1)).value(1) == 4.75)
    }

    @Test func `the zero rule answers the shares of the classes`() throws {
        let rows = try trainingRows([[1], [2], [3], [4]], classes([0, 2, 2, 2], 3))
        let model = try ZeroRule().fit(rows, from: nil, in: context())
        let restored = try ZeroRule.restoring(try model.state())
        for model in [model, restored] {
            let prediction = try model.predict(numberTable([[9]], width: 1))
            #expect((0..<3).map { prediction.values[0, $0] } == [0.25, 0, 0.75])
        }
    }

    @Test(arguments: [RandomAnswer.Strategy.uniform, .stratified])
    func `random classes come as often as promised`(strategy: RandomAnswer.Strategy) throws {
        var learner = RandomAnswer()
        learner.strategy = strategy
        let rows = try trainingRows(Self.x, classes(Self.x.map { $0[1] == 0 ? 1 : 0 }, 2))
        let model = try learner.fit(rows, from: nil, in: context(seed: 5))
        let prediction = try model.predict(numberTable(Self.x, width: 2))
        let share = (0..<400).reduce(0) { $0 + prediction.value($1) } / 400
        let expected = strategy == .uniform ? 0.5 : 1.0 / 7
        // Four deviations of a mean of 400 draws.
        #expect(abs(share - expected) < 4 * (expected * (1 - expected) / 400).squareRoot())
    }

    @Test func `a random answer depends on the row and the seed, not on order or batches`() throws {
        let rows = try trainingRows(Self.x, classes(Self.x.map { Int($0[1]) % 3 }, 3))
        let model = try RandomAnswer().fit(rows, from: nil, in: context(seed: 5))
        let restored = try RandomAnswer.restoring(try model.state())
        let other = try RandomAnswer().fit(rows, from: nil, in: context(seed: 6))
        let table = try numberTable(Self.x, width: 2)
        let all = try model.predict(table)
        #expect(try restored.predict(table).values.elements.elementsEqual(all.values.elements))
        #expect(try !other.predict(table).values.elements.elementsEqual(all.values.elements))
        let reversed = try model.predict(table.rows((0..<400).reversed()))
        for row in 0..<400 {
            #expect(reversed.classIndex(399 - row) == all.classIndex(row))
            #expect(try model.predict(table.slice(row..<row + 1)).classIndex(0) == all.classIndex(row))
        }
    }

    @Test func `random numbers are drawn from the training values`() throws {
        let rows = try trainingRows(Self.x, .values(Buffer(Self.x.map { $0[1] })))
        let model = try RandomAnswer().fit(rows, from: nil, in: context())
        let prediction = try model.predict(numberTable(Self.x, width: 2))
        let found = Set((0..<400).map { prediction.value($0) })
        #expect(found == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test func `no rows are refused`() throws {
        let rows = try trainingRows([], .values(Buffer([Double]())))
        #expect(throws: ApusError.self) { try ZeroRule().fit(rows, from: nil, in: context()) }
        #expect(throws: ApusError.self) { try RandomAnswer().fit(rows, from: nil, in: context()) }
    }
}
