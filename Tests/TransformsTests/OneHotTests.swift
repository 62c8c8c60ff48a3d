import ApusCore
import ApusTransforms
import Testing

struct OneHotTests {
    /// A category column with these labels and how often each occurs.
    static func column(_ counts: KeyValuePairs<String, Int>) -> Column {
        Column(categories: counts.flatMap { [String](repeating: $0.key, count: $0.value) })
    }

    @Test func `each label becomes a column of 0 and 1, a flag becomes one`() throws {
        let table = try Table([
            "n": Column([1.0, 2, 3]), "c": Column(categories: ["b", "a", "b"]), "f": Column(flags: [true, false, nil]),
        ])
        let fitted = try OneHot().fit(rows(table), in: RunContext())
        #expect(fitted.outputs.names == ["n", "c=a", "c=b", "f=true"])
        let encoded = try fitted.apply(table)
        #expect(try numbers(encoded, "c=a") == [0, 1, 0] && numbers(encoded, "c=b") == [1, 0, 1])
        #expect(try numbers(encoded, "f=true") == [1, 0, 0])
        #expect(try delivers(fitted, table) && delivers(fitted, table.slice(1..<1)))
        #expect(try OneHot().plan(table.schema).names == ["n", "c=*", "f=true"])
    }

    @Test func `rare, unseen and missing labels share a column`() throws {
        let table = try Table(["c": Self.column(["common": 600, "rare": 4, "enough": 5])])
        let fitted = try OneHot().fit(rows(table), in: RunContext())
        #expect(fitted.outputs.names == ["c=common", "c=enough", "c=other"])
        let later = try fitted.apply(Table(["c": Column(categories: ["rare", "new", nil, "common"])]))
        #expect(try numbers(later, "c=other") == [1, 1, 1, 0] && numbers(later, "c=common") == [0, 0, 0, 1])
    }

    @Test func `without a rare label, unseen ones are 0 everywhere`() throws {
        let table = try Table(["c": Self.column(["a": 2, "b": 2])])
        let fitted = try OneHot().fit(rows(table), in: RunContext())
        let later = try fitted.apply(Table(["c": Column(categories: ["new", "a"])]))
        #expect(fitted.outputs.names == ["c=a", "c=b"])
        #expect(try numbers(later, "c=a") == [0, 1] && numbers(later, "c=b") == [0, 0])
    }

    @Test func `the number of columns is capped at the most frequent labels`() throws {
        var learner = OneHot()
        learner.maxCategories = 2
        let table = try Table(["c": Self.column(["a": 5, "b": 9, "c": 7, "d": 5])])
        #expect(try learner.fit(rows(table), in: RunContext()).outputs.names == ["c=b", "c=c", "c=other"])
    }

    @Test func `the least frequency is a count or a share, and weights count`() throws {
        let table = try Table(["c": Self.column(["a": 5, "b": 3, "d": 2])])
        var learner = OneHot()
        learner.minFrequency = 3
        #expect(try learner.fit(rows(table), in: RunContext()).outputs.names == ["c=a", "c=b", "c=other"])
        learner.minFrequency = 0.4
        #expect(try learner.fit(rows(table), in: RunContext()).outputs.names == ["c=a", "c=other"])
        let weights = (0..<10).map { $0 < 8 ? 1.0 : 9 }
        #expect(try learner.fit(rows(table, weights: weights), in: RunContext()).outputs.names == ["c=d", "c=other"])
    }

    @Test func `a label called other does not hide the pooled ones`() throws {
        var learner = OneHot()
        learner.minFrequency = 2
        let table = try Table(["c": Self.column(["other": 3, "rare": 1]), "c=other_": Column([1.0, 2, 3, 4])])
        let fitted = try learner.fit(rows(table), in: RunContext())
        #expect(fitted.outputs.names == ["c=other", "c=other__", "c=other_"])
        #expect(try numbers(fitted.apply(table), "c=other__") == [0, 0, 0, 1])
    }

    @Test func `saved and restored it encodes the same`() throws {
        let table = try Table([
            "c": Self.column(["a": 600, "rare": 1]), "f": Column(flags: [Bool?](repeating: true, count: 601)),
        ])
        let fitted = try OneHot().fit(rows(table), in: RunContext())
        let restored = try OneHot.restoring(try fitted.state())
        #expect(restored.outputs == fitted.outputs)
        #expect(try numbers(restored.apply(table), "c=other") == numbers(fitted.apply(table), "c=other"))
        var damaged = try fitted.state()
        damaged.json = damaged.json.replacing("\"true\"", with: "\"false\"")
        #expect(throws: ApusError.self) { try OneHot.restoring(damaged) }
    }

    @Test func `many labels become one vector, whose elements are the columns that there would be`() throws {
        let labels = (0..<2_000).map { $0 % 7 == 0 ? nil : "l\($0 % 401)" }
        let table = try Table(["a": Column(flags: labels.map { $0 == nil }), "c": Column(categories: labels)])
        let parameters: [String: JSON] = ["max_categories": 1_000, "min_frequency": 4]
        let fitted = try OneHot(parameters: parameters).fit(rows(table), in: RunContext())
        let wide = try OneHot(parameters: parameters.merging(["layout": "columns"]) { $1 }).fit(
            rows(table), in: RunContext())
        let (vector, columns) = (try fitted.apply(table), try wide.apply(table))
        #expect(vector.schema.names == ["a=true", "c"])
        let x = try #require(vector["c"]?.vectors)
        #expect(x.width == columns.columns.count - 1 && x.width > 256)
        for element in 0..<x.width {
            let name = try #require(vector.schema["c"]).elementName(element)
            let expected = try numbers(columns, name)
            for row in 0..<2_000 where x[row, element] != expected[row] { Issue.record("\(name) row \(row)") }
        }
        #expect(try delivers(fitted, table))
        let planned = try OneHot(parameters: parameters).plan(table.schema)
        #expect(planned.names == vector.schema.names && planned["c"]?.kind == .vector)
        let restored = try OneHot.restore(try fitted.state())
        #expect(restored.outputs == fitted.outputs)
        #expect(try OneHot().plan(table.schema).names == ["a=true", "c=*"])
    }
}
