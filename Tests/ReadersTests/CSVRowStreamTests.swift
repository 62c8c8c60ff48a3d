import ApusCore
import ApusReaders
import Foundation
import Testing

/// Rows that are read part by part are those that are read at once.
@Suite struct CSVRowStreamTests {
    private func stream(_ text: String, _ parameters: [String: JSON] = [:], chunkSize: Int) throws -> any TableStream {
        try CSVReader(parameters: parameters).stream(
            .bytes(Buffer(Array(text.utf8)), name: "people.csv"), in: RunContext(threads: 2), chunkSize: chunkSize)
    }

    private static let texts: [(text: String, parameters: [String: JSON])] = [
        ("a,b\n1,x\n2,y\n,x\n4,z\n", [:]),
        ("a,b,c\n" + (0..<200).map { "\($0),l\($0 % 7),\($0 % 2 == 0)" }.joined(separator: "\n"), [:]),
        ("n,t\n" + (0..<60).map { "\($0),2020-01-\(10 + $0 % 20)\n" }.joined(), [:]),
        ("q,b\n" + (0..<50).map { "\"a \"\"\($0 % 3)\"\"\n, b\",\($0)\n" }.joined(), [:]),
        ("late\n" + (0..<90).map { "\($0)\n" }.joined() + "word\n1\n", [:]),
        ("a,b\n1,2\n3\n4,5\n6,7,8\n9,1\n", ["on_bad_row": "skip"]),
        ("id,y\n" + (0..<80).map { "name-\($0),\($0)\n" }.joined(), [:]),
        ("k,y\n" + (0..<40).map { "\($0 % 4),\($0)\n" }.joined(), ["kinds": ["k": "category"]]),
        ("none,y\n" + (0..<30).map { ",\($0)\n" }.joined(), [:]),
    ]

    @Test(arguments: CSVRowStreamTests.texts.indices, [1, 7, 64, 1 << 20])
    func `parts are the table`(which: Int, chunkSize: Int) throws {
        let (text, parameters) = Self.texts[which]
        let (table, report) = try read(text, parameters)
        let stream = try stream(text, parameters, chunkSize: chunkSize)
        #expect(kinds(table) == stream.schema.fields.map(\.kind))
        #expect(table.schema.fields.map(\.categories) == stream.schema.fields.map(\.categories))
        #expect(stream.report.skippedRows == report.skippedRows && stream.report.skipNote == report.skipNote)
        for rows in [1, 3, 1000] {
            try stream.rewind()
            var found: [[String?]] = []
            while let part = try stream.next(columns: nil, rows: rows) {
                #expect((1...rows).contains(part.rowCount) && part.schema == stream.schema)
                found += cells(part)
            }
            #expect(found == cells(table))
            #expect(try stream.next(columns: nil, rows: 1) == nil)
        }
        try stream.rewind()
        let last = table.schema.names.suffix(1)
        #expect(try cells(stream.readAll(columns: Array(last))) == cells(table).map { $0.suffix(1) })
    }

    @Test func `columns may change from one batch to the next`() throws {
        let stream = try stream("a,b\n1,x\n2,y\n3,x\n", chunkSize: 1 << 20)
        #expect(cells(try #require(try stream.next(columns: ["b"], rows: 2))) == [["x"], ["y"]])
        #expect(cells(try #require(try stream.next(columns: nil, rows: 5))) == [["3", "x"]])
    }

    @Test func `what is wrong is told with its row in the whole text`() throws {
        let numbers = (0..<100).map { "\($0)\n" }.joined()
        func message(_ text: String, _ parameters: [String: JSON] = [:]) -> String {
            let error = #expect(throws: ApusError.self) { try stream(text, parameters, chunkSize: 16) }
            return error?.description ?? ""
        }
        #expect(message("a\n" + numbers + "1e999\n").contains("column 'a' row 101: \"1e999\" is beyond"))
        #expect(
            message("a\n" + numbers + "x\n", ["kinds": ["a": "number"]]).contains(
                "column 'a' row 101: expected a number"))
        #expect(message("a,b\n1,2\n3\n").contains("found 1 field, expected 2"))
        #expect(message("a,b\n").contains("no rows"))
        let many = (0..<2_000).map { "\($0)\n" }.joined()
        let late = try stream("a\n" + many + "x\n", chunkSize: 16)
        #expect(late.report.notes.contains { $0.contains("row 2,001 holds \"x\"") })
    }

    @Test func `what can be read only once, or is packed, is refused with the remedy`() throws {
        let context = RunContext()
        let pipe = Pipe()
        let packed = FileManager.default.temporaryDirectory.appending(path: "apus-\(UUID().uuidString).csv.gz")
        try Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0]).write(to: packed)
        defer { try? FileManager.default.removeItem(at: packed) }
        for (source, words) in [
            (Source.standardInput, "it can be read only once"),
            (.file("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"), "it is no plain file"),
            (.file(packed.path), "Unpack it first"), (.file(packed.path + "x"), "there is no such file"),
        ] {
            let error = #expect(throws: ApusError.self) { try CSVReader().stream(source, in: context) }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
        let error = #expect(throws: ApusError.self) { try ARFFReader().stream(.file("x.arff"), in: context) }
        #expect(error?.description.contains("holds all rows in memory") == true)
    }
}
