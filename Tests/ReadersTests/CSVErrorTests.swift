import ApusCore
import ApusReaders
import Foundation
import Testing

@Suite struct CSVErrorTests {
    @Test func `an empty file is refused`() {
        #expect(message("") == "people.csv: the file is empty.")
        #expect(message("\n\n  \r\n") == "people.csv: the file holds nothing but blank lines.")
    }

    @Test func `a header without rows is refused`() {
        let expected =
            "it holds a header of 3 columns but no rows. If its first line is data, say --set data.header=false."
        #expect(message("a,b,c\n") == "people.csv: \(expected)")
        #expect(message("a,b,c") == "people.csv: \(expected)")
        #expect(message("a\n")?.contains("a header of 1 column but no rows") == true)
    }

    @Test func `a header without rows is a table without rows where a schema is given`() throws {
        let schema = try Schema([
            Field("n", .number), Field("c", .category, categories: ["x"]), Field("f", .flag), Field("t", .timestamp),
        ])
        let table = try read("n,id,c,f,t\n", schema: schema).table
        #expect(table.rowCount == 0)
        #expect(table.schema.names == ["n", "id", "c", "f", "t"])
        #expect(kinds(table) == [.number, .text, .category, .flag, .timestamp])
        #expect(throws: ApusError.self) { try read("", schema: schema) }
        #expect(throws: ApusError.self) { try read("n,c\n1\n2\n", ["on_bad_row": "skip"], schema: schema) }
    }

    @Test func `a row of another length is refused with its line`() {
        let remedy = "Mend the row, or leave such rows out with --on-bad-row skip."
        #expect(
            message("a,b,c\n1,2,3\n4,5\n6,7,8\n")
                == "people.csv: line 3: found 2 fields, expected 3 as in the header. \(remedy)")
        #expect(
            message("1,2\n3,4\n5,6,7\n")
                == "people.csv: line 3: found 3 fields, expected 2 as in the first row. \(remedy)")
        #expect(
            message("a,b\n\"x\ny\",1\n2\n")
                == "people.csv: line 4: found 1 field, expected 2 as in the header. \(remedy)")
    }

    @Test func `rows of another length are skipped on demand, counted and reported`() throws {
        let (table, report) = try read("a,b\n1,2\n3\n4,5\n6,7,8\n\n9,10\n", ["on_bad_row": "skip"])
        #expect(cells(table) == [["1", "2"], ["4", "5"], ["9", "10"]])
        #expect(report.skippedRows == 2)
        #expect(report.allNotes == ["2 rows did not have 2 fields and were skipped; the first is on line 3."])
        let one = try read("a,b\n1,2\n3\n4,5\n", ["on_bad_row": "skip"]).report
        #expect(one.allNotes == ["1 row, on line 3, did not have 2 fields and was skipped."])
        #expect(ReadReport(format: "", skippedRows: 2).allNotes == ["2 malformed rows were skipped."])
        #expect(
            message("a,b\n1\n2\n", ["on_bad_row": "skip"])
                == "people.csv: all 2 rows were skipped: none has 2 fields.")
    }

    @Test func `a quote that is never closed is refused where it opens`() {
        let plain = "If quotes are plain text in this file, say --set data.quote=false."
        #expect(
            message("a,b\n1,\"x\n2,y\n3,z\n")
                == "people.csv: line 2: a quote opens here and is never closed. Close it. \(plain)")
        #expect(
            message("a,b\n1,2\n\"x")
                == "people.csv: line 3: a quote opens here and is never closed. Close it. \(plain)")
        #expect(
            message("a,b\n1,\"x\n2,\"y\"\n3,z\n")
                == "people.csv: line 3: text after the closing quote of a cell, which opened on line 2. "
                + "Double quotes that belong to the text. \(plain)")
    }

    @Test func `text after a closing quote and a quote inside a cell are refused`() {
        let plain = "If quotes are plain text in this file, say --set data.quote=false."
        #expect(
            message("a,b\n1,\"x\" y\n")
                == "people.csv: line 2: text after the closing quote of a cell. "
                + "Double quotes that belong to the text. \(plain)")
        #expect(
            message("a,b\n\"q\",1\nx \"y\" z,2\n")
                == "people.csv: line 3: a quote inside an unquoted cell. "
                + "Enclose the cell in quotes and double the quote. \(plain)")
    }

    @Test func `bytes that are not UTF-8 are refused with line and remedy`() {
        let remedy = "Convert the file first, if it is Latin-1: iconv -f LATIN1 -t UTF-8 FILE > NEW."
        let expected = "byte 0xE9 is not UTF-8. \(remedy.dropLast())"
        #expect(message(bytes: Array("a,b\n1,caf".utf8) + [0xE9, 0x0A]) == "people.csv: line 2: \(expected)")
        #expect(message(bytes: [0xE9] + Array(",b\n1,2\n".utf8)) == "people.csv: line 1: \(expected)")
        for bad: [UInt8] in [
            [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88], [0x80], [0xE2, 0x82], [0xFF],
        ] {
            #expect(message(bytes: Array("a\nx".utf8) + bad + Array("y\n".utf8))?.contains("is not UTF-8") == true)
        }
    }

    @Test func `two columns of one name are refused, unnamed ones are named`() throws {
        #expect(
            message("a,b,a\n1,2,3\n")
                == "people.csv: header: columns 1 and 3 are both named 'a'. Rename one of them.")
        let (table, report) = try read("a,,\n1,2,3\n")
        #expect(table.schema.names == ["a", "c2", "c3"])
        #expect(report.notes == ["2 columns have no name in the header and are called 'c2', 'c3'."])
    }

    @Test func `NUL bytes are refused with their line`() {
        #expect(
            message(bytes: Array("a,b\n1,2\n3,".utf8) + [0] + Array("4\n".utf8))
                == "people.csv: line 3: a NUL byte, which no text holds. The file is damaged, or no text in UTF-8.")
    }

    @Test func `other formats are named by their first bytes`() {
        func start(_ bytes: [UInt8], _ text: String = "") -> String? { message(bytes: bytes + Array(text.utf8)) }
        let export = "Export it as CSV and read that."
        #expect(start([], "PAR1abcdef") == "people.csv: it is a Parquet file. \(export)")
        #expect(
            start([0x50, 0x4B, 3, 4], "x") == "people.csv: it is a zip archive. Unpack it and read the file in it.")
        #expect(
            start([0x50, 0x4B, 3, 4], "..[Content_Types].xml")
                == "people.csv: it is an Excel workbook. Save the sheet as CSV (UTF-8) and read that.")
        #expect(start([0xFD], "7zXZ")?.contains("UTF-8") == true)
        #expect(
            start([0x28, 0xB5, 0x2F, 0xFD])
                == "people.csv: it is packed with zstd. "
                + "Unpack it with unzstd; of packed files only gzip is read directly.")
        let utf16 =
            "people.csv: it is text in UTF-16, not UTF-8. Convert it first: iconv -f UTF-16 -t UTF-8 FILE > NEW."
        for marked in [[0xFF, 0xFE], [0xFE, 0xFF], []] as [[UInt8]] {
            let wide = Array("a,b\n1,2\n".utf8).flatMap { byte -> [UInt8] in [byte, 0] }
            #expect(message(bytes: marked + wide) == String(utf16.dropLast()))
        }
    }

    @Test func `lines that end in carriage returns alone are refused with a remedy`() {
        #expect(
            message("a,b\r1,2\r3,4\r")
                == "people.csv: its lines end in carriage returns alone, as on old Macs. "
                + "Convert it first: tr '\\r' '\\n' < FILE > NEW.".dropLast())
    }

    @Test func `a line of 100 MB is refused`() {
        let expected = "people.csv: line 1 is longer than 16 MB. This is no table of lines and cells."
        #expect(message(bytes: [UInt8](repeating: 0x61, count: 100_000_000)) == expected)
    }

    @Test func `infinities and numbers beyond the largest are refused with column and row`() {
        let remedy = "to data.missing, or declare the column categorical."
        #expect(
            message("a,b\n1,2\n1e400,3\n")
                == "people.csv: column 'a' row 2: \"1e400\" is beyond the largest number. Add \"1e400\" \(remedy)")
        #expect(
            message("a,b\n1,2\n3,-inf\n")
                == "people.csv: column 'b' row 2: \"-inf\" is no finite number. Add \"-inf\" \(remedy)")
    }

    @Test func `a cell that does not fit its declared kind is refused with column and row`() {
        let rows = (1...1203).map { "\($0)\n" }.joined()
        let text = "age\n\(rows)abc\n"
        #expect(
            message(text, ["kinds": ["age": "number"]])
                == "people.csv: column 'age' row 1,204: expected a number, found \"abc\". "
                + "Declare it categorical, or add \"abc\" to data.missing.")
        #expect(
            message("d,x\n2020-01-01,1\n2020-02-30,2\n", ["kinds": ["d": "timestamp"]])
                == "people.csv: column 'd' row 2: expected an ISO 8601 date or time, found \"2020-02-30\". "
                + "Declare it categorical, or add \"2020-02-30\" to data.missing.")
        #expect(
            message("f,x\ntrue,1\nmaybe,2\n", ["kinds": ["f": "flag"]])
                == "people.csv: column 'f' row 2: expected true or false, found \"maybe\". "
                + "Declare it categorical, or add \"maybe\" to data.missing.")
    }

    @Test func `a cell that does not fit a schema is not to be declared otherwise`() throws {
        func failure(_ cell: String, _ kind: ColumnKind) throws -> String {
            let schema = try Schema([Field("a", kind)])
            return "\(try #require(throws: ApusError.self) { try read("a,b\n\(cell),2\n", schema: schema) })"
        }
        func remedy(_ kind: String) -> String {
            "The model was fitted on a \(kind) column of this name; mend the cell, or add it to data.missing."
        }
        let place = "people.csv: column 'a' row 1"
        #expect(try failure("old", .number) == "\(place): expected a number, found \"old\". \(remedy("number"))")
        #expect(try failure("inf", .number) == "\(place): \"inf\" is no finite number. \(remedy("number"))")
        #expect(
            try failure("2", .timestamp)
                == "\(place): expected an ISO 8601 date or time, found \"2\". \(remedy("timestamp"))")
        #expect(try failure("maybe", .flag) == "\(place): expected true or false, found \"maybe\". \(remedy("flag"))")
    }

    @Test func `wrong parameters are refused by name`() {
        #expect(
            message("a,b\n1,2\n", ["kinds": ["aa": "number"]])
                == "people.csv: parameter 'kinds': there is no column 'aa'. Did you mean 'a'?")
        #expect(message("a,b\n1,2\n", ["separator": "ab"])?.contains("parameter 'separator': expected auto") == true)
        #expect(message("a,b\n1,2\n", ["header": 3])?.contains("parameter 'header'") == true)
    }
}

@Suite struct CSVFileErrorTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "apus-csv-\(UUID().uuidString)").path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "a,b\n1,2\n".write(toFile: "\(folder)/people.csv", atomically: false, encoding: .utf8)
    }

    private func failure(_ path: String) -> String {
        do {
            _ = try read(file: path)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func `a missing file names the nearest one`() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(
            failure("\(folder)/poeple.csv")
                == "\(folder)/poeple.csv: there is no such file. Did you mean 'people.csv'?")
        #expect(failure("\(folder)/qqqqqqqqq.xyz") == "\(folder)/qqqqqqqqq.xyz: there is no such file.")
        #expect(
            failure("\(folder)/no/people.csv")
                == "\(folder)/no/people.csv: there is no such file, and no folder '\(folder)/no' either.")
    }

    @Test func `a folder is refused and one of its files offered`() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(
            failure(folder)
                == "\(folder): it is a folder, not a file. Give one of the files in it, such as 'people.csv'.")
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser may read everything"))
    func `a file without read permission is refused`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: "\(folder)/people.csv")
        #expect(
            failure("\(folder)/people.csv")
                == "\(folder)/people.csv: you are not allowed to read it. "
                + "Ask its owner for read permission: ls -l shows who that is.")
    }

    @Test func `a file that cannot be read says why`() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // A file that opens and then fails to be read, for every user.
        #expect(failure("/proc/self/mem") == "/proc/self/mem: it cannot be read: Input/output error.")
    }
}
