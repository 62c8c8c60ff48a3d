import ApusCore
import ApusTransforms
import Testing

struct ImputeTests {
    static func table() throws -> Table {
        try Table([
            "age": Column(numbers: [3, nil, 1, 10]), "whole": Column(integers: [4, 4, nil, 1]),
            "full": Column([1, 2, 3, 4]), "flag": Column(flags: [true, nil, true, false]),
            "colour": Column(categories: ["red", "blue", "red", nil]), "note": Column(texts: ["a", nil, "b", "c"]),
        ])
    }

    @Test func `numbers take the median, the others the most frequent value`() throws {
        let fitted = try Impute().fit(rows(Self.table()), in: RunContext())
        let filled = try fitted.apply(Self.table())
        #expect(try numbers(filled, "age") == [3, 3, 1, 10])
        #expect(try numbers(filled, "whole") == [4, 4, 4, 1])
        #expect(try texts(filled, "flag") == ["true", "true", "true", "false"])
        #expect(try texts(filled, "colour") == ["red", "blue", "red", "red"])
        #expect(try texts(filled, "note") == ["a", nil, "b", "c"])
    }

    @Test func `columns with missing values get an indicator`() throws {
        let fitted = try Impute().fit(rows(Self.table()), in: RunContext())
        let filled = try fitted.apply(Self.table())
        #expect(
            Array(filled.schema.names.suffix(4)) == ["age=missing", "whole=missing", "flag=missing", "colour=missing"])
        #expect(try numbers(filled, "age=missing") == [0, 1, 0, 0])
        #expect(try numbers(filled, "colour=missing") == [0, 0, 0, 1])
        #expect(try delivers(fitted, Self.table()) && delivers(fitted, Self.table().slice(0..<0)))
        var plain = Impute()
        plain.addIndicator = false
        #expect(try plain.fit(rows(Self.table()), in: RunContext()).outputs.names == Self.table().schema.names)
        #expect(try plain.plan(Self.table().schema) == Self.table().schema)
        #expect(try Impute().plan(Self.table().schema).names.last == "*=missing")
    }

    @Test func `values missing only later are filled too`() throws {
        let fitted = try Impute().fit(rows(Self.table()), in: RunContext())
        let later = try Table([
            "age": Column([5.0]), "whole": Column(integers: [1]), "full": Column(numbers: [nil]),
            "flag": Column(flags: [false]), "colour": Column(categories: ["red"]), "note": Column(texts: [nil]),
        ])
        #expect(try numbers(fitted.apply(later), "full") == [2.5])
    }

    @Test func `a label that training never saw can be pooled by what follows`() throws {
        let training = try Table(["colour": Column(categories: ["red", "blue", "red"])])
        let fitted = try Impute().fit(rows(training), in: RunContext())
        let later = try Table(["colour": Column(categories: ["green", "blue"])])
        #expect(try texts(fitted.apply(later), "colour") == [nil, "blue"])
    }

    @Test(arguments: [[1.0, 2, 3], [4, 1, 3, 2], [5, 5, 5, 1], [7], [2, 1], [3, 1, 2, 9, 8, 7, 4, 4, 6, 5, 0]])
    func `the median is the middle of the sorted values`(values: [Double]) throws {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        let expected = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        for weights in [nil, values.map { _ in 1.0 }] {
            let fitted = try Impute().fit(rows(try Table(["x": Column(values)]), weights: weights), in: RunContext())
            #expect(try numbers(fitted.apply(Table(["x": Column(numbers: [nil])])), "x") == [expected])
        }
    }

    @Test func `a long column has the median of its sorted copy`() throws {
        let random = CounterRandom(seed: 1, purpose: "test")
        let values = (0..<5001).map { Double(random.below(300, $0)) }
        let fitted = try Impute().fit(rows(try Table(["x": Column(values)])), in: RunContext())
        #expect(try numbers(fitted.apply(Table(["x": Column(numbers: [nil])])), "x") == [values.sorted()[2500]])
    }

    @Test func `a weight of two is a row that stands there twice`() throws {
        let values = [4.0, 1, 3, 2, 9]
        let weights = [1.0, 2, 0, 3, 2]
        let repeated = zip(values, weights).flatMap { [Double](repeating: $0, count: Int($1)) }
        for strategy in Impute.Strategy.allCases {
            var learner = Impute()
            learner.strategy = strategy
            let one = try learner.fit(rows(try Table(["x": Column(values)]), weights: weights), in: RunContext())
            let other = try learner.fit(rows(try Table(["x": Column(repeated)])), in: RunContext())
            let missing = try Table(["x": Column(numbers: [nil])])
            #expect(try numbers(one.apply(missing), "x") == numbers(other.apply(missing), "x"))
        }
    }

    @Test func `a column without any value becomes a constant`() throws {
        let empty = try Table([
            "x": Column(numbers: [nil, nil]), "c": Column(categories: [nil, nil]), "f": Column(flags: [nil, nil]),
        ])
        let fitted = try Impute().fit(rows(empty), in: RunContext())
        let filled = try fitted.apply(empty)
        #expect(filled.columns.allSatisfy { $0.missingCount == 0 })
        #expect(try numbers(filled, "x") == [0, 0])
    }

    @Test func `saved and restored it fills the same`() throws {
        let fitted = try Impute().fit(rows(Self.table()), in: RunContext())
        let restored = try Impute.restoring(try fitted.state())
        #expect(restored.outputs == fitted.outputs)
        let (a, b) = (try fitted.apply(Self.table()), try restored.apply(Self.table()))
        for name in a.schema.names { #expect(try texts(a, name) == texts(b, name)) }
        var damaged = try fitted.state()
        damaged.json = damaged.json.replacing("\"age\"", with: "\"colour\"")
        #expect(throws: ApusError.self) { try Impute.restoring(damaged) }
    }

    @Test func `a missing column is refused by name`() throws {
        let fitted = try Impute().fit(rows(Self.table()), in: RunContext())
        let error = #expect(throws: ApusError.self) { try fitted.apply(Table(["age": Column([1.0])])) }
        #expect(error?.description.contains("'whole'") == true)
    }
}
