import ApusCore
import ApusTrees
import Testing

/// Columns whose values are nearly all the same are kept as lists of the others; twenty make them worth it.
@Suite struct SparseColumnsTests {
    /// Flags of which a row has one in a group or none, rare numbers with ties and gaps, columns of nearly nothing but
    /// missing values, a rare category; and two dense columns, before them or among them.
    private func table(_ count: Int, sparse: Int = 24, denseFirst: Bool = true) throws -> (
        table: Table, score: [Double]
    ) {
        let random = CounterRandom(seed: 3, purpose: "sparse")
        func unit(_ row: Int, _ column: Int) -> Double { random.unit(row * 64 + column) }
        let rows = 0..<count
        var columns: [(String, Column)] = (0..<sparse).map { column in
            let name = "s\(column)"
            switch column % 4 {
            case 0: return (name, Column(flags: rows.map { Int(unit($0, column / 8) * 9) == column % 8 }))
            case 1:
                let values = rows.map { unit($0, column) < 0.2 ? (unit($0, column) * 40).rounded() - 4 : 1.5 }
                return (name, Column(numbers: rows.map { unit($0, 40) < 0.01 ? nil : values[$0] }))
            case 2: return (name, Column(numbers: rows.map { unit($0, column) < 0.1 ? unit($0, 41) : nil }))
            default:
                return (
                    name, Column(categories: rows.map { unit($0, column) < 0.15 ? "\(Int(unit($0, 42) * 3))" : "rest" })
                )
            }
        }
        let dense = [("x", 50), ("y", 51)].map { name, column in
            (name, Column(numbers: rows.map { unit($0, column) < 0.05 ? nil : unit($0, column) }))
        }
        columns = denseFirst ? dense + columns : [columns[0], dense[0]] + columns.dropFirst() + [dense[1]]
        let score = rows.map { row in
            (0..<9).reduce(unit(row, 50) + unit(row, 60)) { sum, group in
                sum + Double(Int(unit(row, group) * 9) % 3) + (unit(row, 2) < 0.1 ? 3 * unit(row, 41) : 0)
            }
        }
        return (try Table(columns), score)
    }

    private func learner(searching rows: Int = 0) -> GradientBoosting {
        var learner = GradientBoosting()
        (learner.nEstimators, learner.learningRate, learner.earlyStopping) = (8, 0.3, false)
        (learner.numLeaves, learner.minSamplesLeaf, learner.searchRows) = (40, 5, rows)
        return learner
    }

    private func predictions(_ table: Table, _ score: [Double], searching rows: Int = 0) throws -> [Double] {
        let model = try Fixture.fit(learner(searching: rows), Fixture.rows(table, Fixture.numbers(score)))
        return Array(try model.predict(table, in: Fixture.context()).values.elements)
    }

    @Test(arguments: [0, 200])
    func `trees are those of columns kept whole`(searching: Int) throws {
        // A 20th column that no leaf may split makes lists of the other 19.
        let (table, score) = try table(1200, sparse: 19)
        let lone = Column(flags: (0..<1200).map { $0 == 77 })
        let wide = try Table(
            table.schema.fields.map(\.name).enumerated().map { ($1, table.columns[$0]) } + [("lone", lone)])
        #expect(
            try predictions(table, score, searching: searching) == predictions(wide, score, searching: searching))
    }

    @Test func `the order of the columns does not matter`() throws {
        let (ordered, score) = try table(1200)
        let (mixed, _) = try table(1200, denseFirst: false)
        #expect(try predictions(ordered, score) == predictions(mixed, score))
    }

    @Test func `threads, backends and processes change no byte`() throws {
        let count = 9000
        let (table, score) = try table(count)
        let target = Fixture.numbers(score)
        let learner = learner()
        let expected = try Fixture.bytes(
            learner.fit(Fixture.rows(table, target), from: nil, in: Fixture.context(threads: 1)))
        for (threads, backend) in [(2, Backend.c), (4, .c), (2, .swift)] {
            let context = try Fixture.context(threads: threads, backend: backend)
            #expect(try Fixture.bytes(learner.fit(Fixture.rows(table, target), from: nil, in: context)) == expected)
        }
        let shares = ThreadCommunicator.run(2) { communicator in
            let places = (0..<count).filter { $0 % 2 == communicator.rank }
            var context = try Fixture.context()
            context.communicator = communicator
            let rows = Fixture.rows(try table.rows(places), target.rows(places), ids: places.map(Int64.init))
            return try Fixture.bytes(learner.fit(rows, from: nil, in: context))
        }
        for bytes in shares { #expect(try bytes.get() == expected) }
    }
}
