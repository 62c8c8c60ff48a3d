import ApusCore
import ApusReaders
import Foundation
import Testing

@Test func `a plain table has named and typed columns`() throws {
    let (table, report) = try read("name,age,since,member\nann,31,2020-01-02,true\nbob,,2021-03-04T05:06:07Z,false\n")
    #expect(table.schema.names == ["name", "age", "since", "member"])
    #expect(kinds(table) == [.category, .number, .timestamp, .flag])
    #expect(
        cells(table) == [["ann", "31", "2020-01-02", "true"], ["bob", nil, "2021-03-04T05:06:07Z", "false"]])
    #expect(report.format == "CSV, comma, header, 77 bytes")
}

@Test func `a missing number is both NaN and invalid`() throws {
    let column = try read("a,b\n1,2\n,3\n").table.columns[0]
    guard case .double(let values) = column.storage else {
        Issue.record("no doubles")
        return
    }
    #expect(values[0] == 1 && values[1].isNaN)
    #expect(!column.isMissing(0) && column.isMissing(1))
}

@Test func `labels are sorted by their bytes whatever the order of rows`() throws {
    let table = try read("x,n\nb,1\nÄ,2\na,3\nB,4\n?,5\n").table
    #expect(table.schema.fields[0].categories == ["B", "a", "b", "Ä"])
    #expect(table.columns[0].missingCount == 1)
}

@Test func `the stream hands out batches of chosen columns and starts again`() throws {
    let stream = try CSVReader().open(
        .bytes(Buffer(Array("a,b\n1,x\n2,y\n3,x\n".utf8)), name: "t"), in: RunContext())
    let first = try #require(try stream.next(columns: ["b"], rows: 2))
    #expect(cells(first) == [["x"], ["y"]])
    #expect(cells(try #require(try stream.next(columns: nil, rows: 5))) == [["3", "x"]])
    #expect(try stream.next(columns: nil, rows: 5)?.rowCount == nil)
    try stream.rewind()
    #expect(try stream.readAll().rowCount == 3)
}

@Test func `a stream is spooled to its end, packed or not`() throws {
    let pipe = Pipe()
    let text = Data("a,b\n1,x\n2,y\n".utf8)
    try pipe.fileHandleForWriting.write(contentsOf: text)
    try pipe.fileHandleForWriting.close()
    let table = try read(file: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)").table
    #expect(cells(table) == [["1", "x"], ["2", "y"]])
}

@Test func `cancelled work ends with an error, also while it waits for a stream`() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let context = RunContext(cancellation: cancellation)
    let silent = Pipe()
    for source in [
        Source.bytes(Buffer(Array("a,b\n1,2\n".utf8)), name: "t"),
        .file("/dev/fd/\(silent.fileHandleForReading.fileDescriptor)"),
    ] {
        let error = try #require(throws: ApusError.self) { try CSVReader().open(source, in: context) }
        #expect(error.kind == .cancelled)
    }
}
