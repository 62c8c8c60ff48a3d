import ApusCore
import ApusTransforms
import Testing

struct StandardizeTests {
    static func table() throws -> Table {
        try Table([
            "x": Column(numbers: [1, nil, 3, 5]), "whole": Column(integers: [2, 4, 4, 6]),
            "flag": Column(flags: [true, false, true, false]), "same": Column([0.1, 0.1, 0.1, 0.1]),
        ])
    }

    @Test func `numbers have mean 0 and deviation 1, and what is missing stays so`() throws {
        let fitted = try Standardize().fit(rows(Self.table()), in: RunContext())
        let scaled = try fitted.apply(Self.table())
        let deviation = (8.0 / 3).squareRoot()
        #expect(try numbers(scaled, "x") == [-2 / deviation, nil, 0, 2 / deviation])
        #expect(try numbers(scaled, "whole") == [-2 / 2.0.squareRoot(), 0, 0, 2 / 2.0.squareRoot()])
        #expect(try texts(scaled, "flag") == ["true", "false", "true", "false"])
        #expect(try delivers(fitted, Self.table()) && Standardize().plan(Self.table().schema) == fitted.outputs)
    }

    @Test func `a column of one value becomes 0, whatever comes later`() throws {
        let fitted = try Standardize().fit(rows(Self.table()), in: RunContext())
        #expect(try numbers(fitted.apply(Self.table()), "same") == [0, 0, 0, 0])
        var later = try Self.table().columns
        later[3] = Column(numbers: [7, nil, 0.1, -1])
        let scaled = try fitted.apply(Table(Self.table().schema, later))
        #expect(try numbers(scaled, "same") == [0, nil, 0, 0])
    }

    @Test(arguments: [1e-12, 1e12, 1e150])
    func `the scale of a column does not matter`(scale: Double) throws {
        let table = try Table(["x": Column([1 * scale, 2 * scale, 6 * scale])])
        let scaled = try Standardize().fit(rows(table), in: RunContext()).apply(table)
        let deviation = (14.0 / 3).squareRoot()
        for (found, wanted) in zip(try numbers(scaled, "x"), [-2 / deviation, -1 / deviation, 3 / deviation]) {
            #expect(abs((found ?? .nan) - wanted) < 1e-14)
        }
    }

    @Test func `a weight of two is a row that stands there twice`() throws {
        let values = [4.0, 1, 3, 2, 9]
        let weights = [1.0, 2, 0, 3, 2]
        let repeated = zip(values, weights).flatMap { [Double](repeating: $0, count: Int($1)) }
        let table = try Table(["x": Column(values)])
        let one = try Standardize().fit(rows(table, weights: weights), in: RunContext()).apply(table)
        let other = try Standardize().fit(rows(try Table(["x": Column(repeated)])), in: RunContext()).apply(table)
        for (a, b) in zip(try numbers(one, "x"), try numbers(other, "x")) {
            #expect(abs((a ?? .nan) - (b ?? .nan)) < 1e-14)
        }
    }

    @Test func `mean and deviation can be left alone`() throws {
        var learner = Standardize()
        learner.withMean = false
        let table = try Table(["x": Column([1.0, 3])])
        #expect(try numbers(learner.fit(rows(table), in: RunContext()).apply(table), "x") == [1, 3])
        learner.withMean = true
        learner.withStd = false
        #expect(try numbers(learner.fit(rows(table), in: RunContext()).apply(table), "x") == [-1, 1])
    }

    @Test func `saved and restored it scales the same`() throws {
        let fitted = try Standardize().fit(rows(Self.table()), in: RunContext())
        let restored = try Standardize.restoring(try fitted.state())
        for name in ["x", "whole", "same"] {
            #expect(try numbers(restored.apply(Self.table()), name) == numbers(fitted.apply(Self.table()), name))
        }
        var damaged = try fitted.state()
        damaged.json = damaged.json.replacing("\"deviation\":", with: "\"deviation\":-")
        #expect(throws: ApusError.self) { try Standardize.restoring(damaged) }
    }

    @Test func `no rows and empty columns make no NaN`() throws {
        let none = try Table(["x": Column([Double]())])
        #expect(
            try numbers(Standardize().fit(rows(none), in: RunContext()).apply(Table(["x": Column([5.0])])), "x") == [0])
    }
}
