import ApusCore
import ApusReaders
import Testing

/// Lines that are read part by part are those that are read at once.
@Suite struct SVMLightStreamTests {
    private func source(_ text: String) -> Source { .bytes(Buffer(Array(text.utf8)), name: "rows.svm") }

    private static let texts: [(text: String, parameters: [String: JSON])] = [
        ("1 1:0.5 3:-2e3\n\n-1 2:7 # the second\r\n+1\n0 4:1\n", [:]),
        ("1 2:4\n0 1:3\n", ["absent": "missing"]),
        ("# none\n\n2 qid:10 0:1 2:5\n0 qid:11 1:4\n1 qid:11\n", [:]),
        ((0..<100).map { "\($0 % 2) \($0 % 9 + 1):\($0) \($0 % 7 + 20):2\n" }.joined(), [:]),
        ((0..<100).map { "\($0 % 2) \($0 % 9 + 1):\($0) \($0 * 37 + 20):2\n" }.joined(), [:]),
        ("1 1:1\n0 3:2\n", ["layout": "vector"]),
    ]

    private func rows(_ stream: any TableStream, _ size: Int) throws -> [[String?]] {
        try stream.rewind()
        var found: [[String?]] = []
        while let part = try stream.next(columns: nil, rows: size) {
            #expect((1...size).contains(part.rowCount) && part.schema == stream.schema)
            found += cells(part)
        }
        return found
    }

    @Test(arguments: SVMLightStreamTests.texts.indices, [1, 7, 64, 1 << 20])
    func `parts are the table`(which: Int, chunkSize: Int) throws {
        let (text, parameters) = Self.texts[which]
        let reader = try SVMLightReader(parameters: parameters)
        let whole = try reader.open(source(text), in: RunContext())
        let table = try whole.readAll()
        let stream = try reader.stream(source(text), in: RunContext(threads: 2), chunkSize: chunkSize)
        #expect(stream.schema == table.schema)
        #expect(stream.report.format == whole.report.format && stream.report.settings == whole.report.settings)
        for size in [1, 3, 1000] { #expect(try rows(stream, size) == cells(table)) }
        try stream.rewind()
        let last = Array(table.schema.names.suffix(1))
        #expect(try cells(stream.readAll(columns: last)) == cells(table).map { $0.suffix(1) })
    }

    @Test(arguments: [1, 64, 1 << 20]) func `a model's vector is read part by part as at once`(chunkSize: Int) throws {
        let text = (0..<100).map { "\($0 % 2) \($0 % 9 + 1):\($0) \($0 % 50 + 20):2\n" }.joined()
        let schema = try Schema([Field("features", .vector, width: 40)])
        let whole = try SVMLightReader().open(source(text), schema: schema, in: RunContext())
        let table = try whole.readAll()
        let stream = try SVMLightReader().stream(source(text), schema: schema, in: RunContext(), chunkSize: chunkSize)
        #expect(stream.schema == table.schema && table.schema["label"]?.kind == .text)
        for size in [1, 1000] { #expect(try rows(stream, size) == cells(table)) }
        #expect(stream.report.notes == whole.report.notes && stream.report.notes.count == 1)
    }

    @Test func `what is wrong is told with the text and the line`() throws {
        let lines = (0..<100).map { "1 1:\($0)\n" }.joined()
        for (text, words) in [
            (lines + "x 1:2\n", "rows.svm: line 101: expected a number as the label"),
            (lines + "1 qid:3 1:2\n", "some rows have a qid and some have none"), ("# nothing\n", "it holds no rows"),
        ] {
            let error = #expect(throws: ApusError.self) {
                try SVMLightReader().stream(source(text), in: RunContext(), chunkSize: 16)
            }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
    }
}
