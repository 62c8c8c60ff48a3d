import ApusCore
import ApusReaders
import Testing

@Suite struct ARFFTests {
    private func read(_ text: String, schema: Schema? = nil) throws -> Table {
        try ARFFReader().open(.bytes(Buffer(Array(text.utf8)), name: "rows.arff"), schema: schema, in: RunContext())
            .readAll()
    }

    private func message(_ text: String) -> String {
        do {
            return "read \(try read(text).rowCount) rows"
        } catch {
            return "\(error)"
        }
    }

    private let head = """
        % made by hand
        @RELATION 'a relation'
        @attribute size NUMERIC
        @attribute 'the colour' {red, "light blue", green}
        @attribute note string
        @attribute seen date "yyyy-MM-dd'T'HH:mm:ss"

        @data

        """

    @Test func `every type, quotes, escapes, comments and missing values are read as the format says`() throws {
        let table = try read(
            head
                + "1.5,red,'it\\'s, well',\"2026-01-31T12:00:00\"\r\n% a comment\n\n-2e3 , 'light blue' ,?,?\n?,?,plain,2026-02-01\n"
        )
        #expect(table.schema.names == ["size", "the colour", "note", "seen"])
        #expect(table.schema.fields.map(\.kind) == [.number, .category, .text, .timestamp])
        #expect(table.schema["the colour"]?.categories == ["red", "light blue", "green"])
        #expect(
            cells(table) == [
                ["1.5", "red", "it's, well", "2026-01-31T12:00:00Z"], ["-2000", "light blue", nil, nil],
                [nil, nil, "plain", "2026-02-01"],
            ])
    }

    @Test func `a sparse row leaves out zeros and first labels`() throws {
        let table = try read(head + "{0 3, 1 green}\n{}\n{1 'light blue', 2 ?, 3 2026-02-01}\n")
        #expect(
            cells(table) == [
                ["3", "green", nil, nil], ["0", "red", nil, nil], ["0", "light blue", nil, "2026-02-01"],
            ])
    }

    @Test func `label attributes are targets`() throws {
        let table = try read("@relation r\n@attribute x real\n@attribute y label\n@data\n1,0\n2,1\n")
        #expect(table.schema.fields.map(\.role) == [.feature, .target])
        #expect(table.schema["y"]?.categories == ["0", "1"])
    }

    @Test func `a schema decides kinds and labels, and what it does not name stays text`() throws {
        let schema = try Schema([
            Field("the colour", .category, categories: ["green", "red"]), Field("size", .category),
        ])
        let table = try read(head + "1.50,red,a,2026-02-01\n2,'light blue',b,?\n", schema: schema)
        #expect(cells(table) == [["1.5", "red", "a", "2026-02-01"], ["2", nil, "b", nil]])
        #expect(table.schema.fields.map(\.kind) == [.category, .category, .text, .text])
    }

    @Test(arguments: [
        ("", "there is no line @data"),
        ("a,b\n1,2\n", "line 1: expected @relation, @attribute or @data, found \"a\""),
        ("@relation r\n@data\n1\n", "line 2: there is no attribute before @data"),
        ("@attribute x relational\n@data\n", "line 1: attribute 'x': there is no type \"relational\""),
        ("@attribute x {a, a}\n@data\na\n", "not all different"),
        ("@attribute x {a, b\n@data\na\n", "line 1: the line ends too early"),
        ("@attribute x numeric\n@data\n", "it holds no rows"),
        ("@attribute x numeric\n@data\none\n", "line 3: attribute 'x': expected a finite number, found \"one\""),
        ("@attribute x {a, b}\n@data\nc\n", "line 3: attribute 'x': \"c\" is not among its labels"),
        ("@attribute x numeric\n@attribute y numeric\n@data\n1\n", "line 4: expected 2 values, found 1"),
        ("@attribute x numeric\n@data\n1,2\n", "line 3: more stands in the row than 1 values"),
        ("@attribute x string\n@data\n'open\n", "line 3: a quote is not closed"),
        ("@attribute x numeric\n@data\n{1 2}\n", "line 3: expected an index from 0 to 0, found \"1\""),
        ("@attribute x numeric\n@attribute y numeric\n@data\n{1 2, 0 1}\n", "indices must ascend"),
        ("@attribute x numeric\n@attribute x numeric\n@data\n1,2\n", "both named 'x'"),
    ])
    func `a line that breaks the format is named`(text: String, expected: String) {
        #expect(message(text).contains(expected), "\(message(text))")
        #expect(message(text).contains("rows.arff"))
    }

    @Test(.enabled(if: hasData, "needs ../shared/data"))
    func `yeast is what its source says`() throws {
        let table = try ARFFReader().open(.file("\(dataFolder)/multilabel/yeast.arff"), in: RunContext()).readAll()
        #expect(table.rowCount == 2417)
        #expect(table.schema.fields.count { $0.role == .feature } == 103)
        #expect(table.schema.fields.count { $0.role == .target } == 14)
        // 4.237 labels a row: Tsoumakas and Katakis, Multi-label Classification: An Overview, 2007.
        let holding = table.columns.suffix(14).reduce(0) { $0 + ($1.categoryCounts?.last ?? 0) }
        #expect(abs(Double(holding) / 2417 - 4.237) < 0.0005)
    }
}
