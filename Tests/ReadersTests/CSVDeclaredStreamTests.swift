import ApusCore
import ApusReaders
import Testing

/// Rows that are read part by part, with columns that a schema declares, are those that are read at once.
@Suite struct CSVDeclaredStreamTests {
    private func source(_ text: String) -> Source { .bytes(Buffer(Array(text.utf8)), name: "people.csv") }

    private func stream(
        _ text: String, _ schema: Schema, _ parameters: [String: JSON] = [:], chunkSize: Int
    ) throws -> any TableStream {
        try CSVReader(parameters: parameters).stream(
            source(text), schema: schema, in: RunContext(threads: 2), chunkSize: chunkSize)
    }

    private static let fields = [
        Field("a", .number), Field("c", .category, categories: ["x", "y"]), Field("t", .text), Field("f", .flag),
        Field("d", .timestamp),
    ]

    private static let texts: [(text: String, parameters: [String: JSON])] = [
        ("a,c\n1,x\n2,unseen\n,x\n4,\n", [:]),
        ("t,a,more\n" + (0..<200).map { "word \($0),\($0),\($0 % 3)\n" }.joined(), [:]),
        ("a,d,f\n" + (0..<60).map { "\($0),2020-01-\(10 + $0 % 20),\($0 % 2 == 0)\n" }.joined(), [:]),
        ("c,a\n" + (0..<50).map { "\"a \"\"\($0 % 3)\"\"\n, b\",\($0)\n" }.joined(), [:]),
        ("a\n" + (0..<90).map { "\($0)\n" }.joined() + "9007199254740993\n1\n", [:]),
        ("a\n" + (0..<90).map { "\($0)\n" }.joined() + "99999999999999999999\n1\n", [:]),
        ("a,c\n1,2\n3\n4,5\n6,7,8\n9,1\n", ["on_bad_row": "skip"]),
        ("a,c\n", [:]),
    ]

    @Test(arguments: CSVDeclaredStreamTests.texts.indices, [1, 7, 64, 1 << 20])
    func `parts are the table, and the report behind the last is that of the table`(which: Int, chunkSize: Int) throws {
        let (text, parameters) = Self.texts[which]
        let schema = try Schema(Self.fields)
        let whole = try CSVReader(parameters: parameters).open(source(text), schema: schema, in: RunContext())
        let table = try whole.readAll()
        let stream = try stream(text, schema, parameters, chunkSize: chunkSize)
        #expect(stream.schema.fields.map(\.kind) == kinds(table))
        for rows in [1, 3, 1000] {
            try stream.rewind()
            var found: [[String?]] = []
            while let part = try stream.next(columns: nil, rows: rows) {
                #expect((1...rows).contains(part.rowCount) && part.schema.names == table.schema.names)
                #expect(kinds(part) == kinds(table))
                found += cells(part)
            }
            #expect(found == cells(table))
            #expect(stream.report.skippedRows == whole.report.skippedRows)
            #expect(stream.report.allNotes == whole.report.allNotes && stream.report.settings == whole.report.settings)
        }
    }

    @Test func `what is wrong is told with the text and its row in it`() throws {
        let schema = try Schema(Self.fields)
        let numbers = (0..<100).map { "\($0)\n" }.joined()
        func message(_ text: String, _ parameters: [String: JSON] = [:]) -> String {
            let error = #expect(throws: ApusError.self) {
                let stream = try stream(text, schema, parameters, chunkSize: 16)
                while try stream.next(columns: nil, rows: 7) != nil {}
            }
            return error?.description ?? ""
        }
        #expect(message("a\n" + numbers + "1e999\n").contains("people.csv: column 'a' row 101: \"1e999\" is beyond"))
        #expect(message("a\n" + numbers + "x\n").contains("people.csv: column 'a' row 101: expected a number"))
        #expect(message("a\n" + numbers + "x\n").contains("The model was fitted on a number column"))
        #expect(message("a,c\n1,2\n3\n").contains("people.csv: line 3: found 1 field, expected 2"))
        #expect(message("a,c\n1\n3\n", ["on_bad_row": "skip"]).contains("all 2 rows were skipped"))
    }

    @Test func `rows before a mistake are handed out`() throws {
        let stream = try stream(
            "a\n" + (0..<100).map { "\($0)\n" }.joined() + "x\n", Schema(Self.fields), chunkSize: 16)
        #expect(cells(try #require(try stream.next(columns: nil, rows: 3))) == [["0"], ["1"], ["2"]])
    }
}
