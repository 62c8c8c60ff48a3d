import ApusCore
import ApusReaders
import Testing

@Suite struct SVMLightTests {
    private func read(_ text: String, _ parameters: [String: JSON] = [:], schema: Schema? = nil) throws -> Table {
        try SVMLightReader(parameters: parameters).open(
            .bytes(Buffer(Array(text.utf8)), name: "rows.svm"), schema: schema, in: RunContext()
        ).readAll()
    }

    private func message(_ text: String) -> String {
        do {
            return "read \(try read(text).rowCount) rows"
        } catch {
            return "\(error)"
        }
    }

    @Test func `labels, absent entries, comments and blank lines are read as the format says`() throws {
        let table = try read("# made by hand\n1 1:0.5 3:-2e3\n\n-1 2:7 # the second\r\n+1\n")
        #expect(table.schema.names == ["label", "f1", "f2", "f3"])
        #expect(table.schema.fields.map(\.role) == [.target, .feature, .feature, .feature])
        #expect(cells(table) == [["1", "0.5", "0", "-2000"], ["-1", "0", "7", "0"], ["1", "0", "0", "0"]])
    }

    @Test func `what a line leaves out may be missing instead`() throws {
        let table = try read("1 2:4\n0 1:3\n", ["absent": "missing"])
        #expect(cells(table) == [["1", nil, "4"], ["0", "3", nil]])
    }

    @Test func `indices from 0 and queries have their columns`() throws {
        let table = try read("2 qid:10 0:1 2:5\n0 qid:11 1:4\n")
        #expect(table.schema.names == ["label", "query", "f0", "f1", "f2"])
        #expect(table.schema["query"]?.role == .group)
        #expect(cells(table) == [["2", "10", "1", "0", "5"], ["0", "11", "0", "4", "0"]])
    }

    @Test func `indices that only the schema knows are absent, and those it does not know are left as texts`() throws {
        let schema = try Schema([Field("f1", .number), Field("f4", .number)])
        let table = try read("1 1:2 2:3\n", schema: schema)
        #expect(table.schema["f4"]?.kind == .number)
        #expect(table["f4"]?.doubles?[0] == 0)
        #expect(table["f2"]?.text(0) == "3")
        #expect(table["f2"]?.kind == .text)
    }

    @Test(arguments: [
        ("", "it holds no rows"),
        ("x 1:2\n", "line 1: expected a number as the label, found \"x\""),
        ("1,2 1:2\n", "Rows of several labels are not read"),
        ("1 1:2\n0 3\n", "line 2: expected index:value, found \"3\""),
        ("1 -1:2\n", "expected a whole number from 0 to 100,000,000 as the index"),
        ("1 999999999999:2\n", "expected a whole number from 0 to 100,000,000 as the index"),
        ("1 1:nan\n", "expected a finite number as the value"),
        ("1 1:\n", "expected a finite number as the value"),
        ("1 2:1 2:1\n", "indices must ascend"),
        ("1 3:1 2:1\n", "indices must ascend"),
        ("1 qid:1 2:1\n0 2:1\n", "line 2: some rows have a qid and some have none"),
        ("1 2:1 qid:1\n", "expected one qid:n"),
    ])
    func `a line that breaks the format is named`(text: String, expected: String) {
        #expect(message(text).contains(expected), "\(message(text))")
        #expect(message(text).contains("rows.svm"))
    }

    @Test func `columns that memory cannot hold are refused before they are made`() {
        let rows = String(repeating: "1 100000000:1\n", count: 2_000)
        let error = #expect(throws: ApusError.self) { try read(rows, ["layout": "columns"]) }
        #expect(error?.description.contains("do not fit into half of this machine's memory") == true)
    }

    @Test func `wide rows of few entries become one vector, and others columns`() throws {
        let wide = try read("1 2:0.5 3000:-1\n0 7:2\n-1\n")
        #expect(wide.schema.names == ["label", "features"])
        #expect(wide.schema["features"] == Field("features", .vector, width: 3001))
        #expect(cells(wide) == [["1", "2:0.5 3000:-1"], ["0", "7:2"], ["-1", ""]])
        #expect(try read("1 2:0.5 3000:-1\n0 7:2\n", ["layout": "columns"]).columns.count == 3001)
        #expect(try read("1 2:0.5 3000:-1\n0 7:2\n", ["absent": "missing"]).columns.count == 3001)
        #expect(try read("1 1:1 2:0\n", ["layout": "vector"]).schema["features"]?.width == 3)
        #expect(throws: ApusError.self) { try SVMLightReader(parameters: ["layout": "vector", "absent": "missing"]) }
    }

    @Test func `a model's schema decides on the layout and the width`() throws {
        let schema = try Schema([Field("features", .vector, width: 5)])
        let stream = try SVMLightReader().open(
            .bytes(Buffer(Array("1 2:3 4:1\n0 1:1 5:7 900:1\n".utf8)), name: "rows.svm"), schema: schema,
            in: RunContext())
        let table = try stream.readAll()
        #expect(table.schema["features"] == Field("features", .vector, width: 5))
        #expect((0..<2).map { table.columns[1].text($0) } == ["2:3 4:1", "1:1"])
        #expect(stream.report.notes.first?.hasPrefix("2 entries with indices from 5 on") == true)
        let columns = try read("1 2:0.5 3000:-1\n", schema: Schema([Field("f2", .number)]))
        #expect(columns["f2"]?.doubles?[0] == 0.5)
    }

    /// Text of several parts, which threads read beside each other.
    @Test func `long texts are read like short ones, and their mistakes are named by line`() throws {
        let count = 60_000
        let lines = (0..<count).map { "\($0 % 2) qid:\($0 / 10) \(1 + $0 % 1000):\($0) \(1001 + $0 % 5000):0.25" }
        let table = try read(lines.joined(separator: "\n"))
        let vectors = try #require(table["features"]?.vectors)
        #expect(vectors.count == count && vectors.entryCount == 2 * count)
        for row in stride(from: 0, to: count, by: 97) {
            #expect(vectors.text(row) == "\(1 + row % 1000):\(row) \(1001 + row % 5000):0.25")
            #expect(table["query"]?.text(row) == "\(row / 10)")
        }
        var broken = lines
        broken[50_000] = "1 qid:3 5:x"
        broken[55_000] = "1 qid:3 5:y"
        #expect(message(broken.joined(separator: "\n")).contains("line 50,001: expected a finite number"))
        var mixed = lines
        for row in 40_000..<count { mixed[row] = "1 5:1" }
        #expect(message(mixed.joined(separator: "\n")).contains("line 40,001: some rows have a qid and some have none"))
    }

    @Test(.enabled(if: hasData, "needs ../shared/data"))
    func `agaricus is what the file says`() throws {
        let path = "\(dataFolder)/agaricus/agaricus.txt.train"
        let table = try SVMLightReader().open(.file(path), in: RunContext()).readAll()
        #expect(table.rowCount == 6513)
        #expect(table.columns.count == 127)
        // 22 attributes a mushroom, each one of the indicators.
        for row in stride(from: 0, to: 6513, by: 101) {
            #expect(table.columns.dropFirst().reduce(0) { $0 + ($1.doubles?[row] ?? 0) } == 22)
        }
    }
}
