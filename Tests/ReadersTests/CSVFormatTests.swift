import ApusCore
import ApusReaders
import Testing

@Suite struct CSVFormatTests {
    @Test(
        "the separator is the one that cuts most regularly",
        arguments: [
            ("a,b\n1,2\n3,4\n", "comma"), ("a\tb\n1\t2,5\n3\t4\n", "tab"),
            ("a;b;c\n1,5;2,5;x\n2,5;3,5;y\n", "semicolon"),
            ("a|b\n1|2\n", "bar"), ("t\ta\nhi, you, there\t1\nyes, no\t2\nwell\t3\n", "tab"), ("a\n1\n2\n", "comma"),
        ])
    func separator(text: String, name: String) throws {
        #expect(try read(text).report.format.hasPrefix("CSV, \(name),"))
    }

    @Test func `any separator can be given`() throws {
        #expect(cells(try read("a~b\n1~2\n", ["separator": "~"]).table) == [["1", "2"]])
        #expect(cells(try read("a\tb\n1\t2\n", ["separator": "tab"]).table) == [["1", "2"]])
        #expect(try read("a b,c\n1 x,2\n", ["separator": ";"]).table.columns.count == 1)
    }

    @Test(
        "a header is seen where it stands out",
        arguments: [
            ("a,b\n1,2\n", true), ("1,2\n3,4\n", false), ("x,1\ny,2\n", false),
            ("name,town\nann,rome\nbob,oslo\n", true),
            ("p,x\ne,y\np,x\n", false), ("a,b,2020\n1,2,3\n4,5,6\n", true), ("when,n\n2020-01-01,1\n", true),
            ("0,1,2,y\n5,6,7,8\n", true), ("1,2,y\n5,6,8\n", true), ("3,1,y\n5,6,8\n", false),
            ("0,1,2\n5,6,7\n", false),
            ("true,false\nfalse,true\n", false), ("?,a\n1,b\n", false), (",a\n1,b\n2,b\n", true),
        ])
    func header(text: String, isThere: Bool) throws {
        let (table, report) = try read(text)
        #expect(report.settings["header"] == .flag(isThere))
        #expect((table.schema.names.last == "c\(table.columns.count)") == !isThere)
    }

    @Test func `what was sniffed can be given back`() throws {
        let first = try read("x;y\n1;a\n")
        #expect(first.report.settings["separator"] == ";" && first.report.settings["quote"] == true)
        let second = try read("x;y\n1;a\n", first.report.settings)
        #expect(cells(second.table) == cells(first.table))
    }

    @Test func `quotes hold separators, quotes, newlines and blanks`() throws {
        let text = "a,b\n\" x, \"\"y\"\"\r\n z \",1\n\"\",2\n  \"q\"  ,3\n"
        let table = try read(text, ["kinds": ["a": "text"]]).table
        #expect(cells(table) == [[" x, \"y\"\r\n z ", "1"], [nil, "2"], ["q", "3"]])
    }

    @Test func `line ends may be mixed and the last one missing`() throws {
        #expect(cells(try read("a,b\r\n1,2\n3,4\r\n5,6").table) == [["1", "2"], ["3", "4"], ["5", "6"]])
        #expect(cells(try read("a,b\n1,2\r").table) == [["1", "2"]])
        #expect(cells(try read("a,b\n\n1,2\n\r\n   \n3,4\n\n\n").table) == [["1", "2"], ["3", "4"]])
    }

    @Test func `a byte order mark is no part of the first name`() throws {
        #expect(try read("\u{FEFF}a,b\n1,2\n").table.schema.names == ["a", "b"])
        #expect(try read("\u{FEFF}\"a\",b\n1,2\n").table.schema.names == ["a", "b"])
    }

    @Test func `a blank line of a table with one column is a missing cell`() throws {
        #expect(cells(try read("a\n1\n\n3\n").table) == [["1"], [nil], ["3"]])
    }

    @Test func `blanks are kept on demand`() throws {
        let table = try read("a,b\n x ,y\n", ["trim": false, "kinds": ["a": "text"]]).table
        #expect(cells(table) == [[" x ", "y"]])
    }

    @Test func `a quote inside a cell before any quoted cell makes quotes plain text`() throws {
        let (table, report) = try read("n\tt\n1\the said \"hi\" to me\n2\t\"quoted\n", ["kinds": ["t": "text"]])
        #expect(cells(table) == [["1", "he said \"hi\" to me"], ["2", "\"quoted"]])
        #expect(
            report.notes == [
                "The first double quote, on line 2, stands inside a cell, so quotes are read as plain text; "
                    + "--set data.quote=true reads them as quotes."
            ])
        #expect(throws: ApusError.self) { try read("n\tt\n1\the said \"hi\"\n", ["quote": true]) }
    }

    @Test func `one row and two rows are tables`() throws {
        #expect(cells(try read("a,b\n1,x\n").table) == [["1", "x"]])
        #expect(cells(try read("1,2").table) == [["1", "2"]])
        #expect(cells(try read("a,b\n1,x\n2,y\n").table) == [["1", "x"], ["2", "y"]])
    }

    @Test func `ten thousand columns of twenty rows are read`() throws {
        let header = (0..<10_000).map { "x\($0)" }.joined(separator: ",")
        let rows = (0..<20).map { row in (0..<10_000).map { "\($0 * row)" }.joined(separator: ",") }
        let table = try read(([header] + rows).joined(separator: "\n"), chunkSize: 4096).table
        #expect(table.rowCount == 20 && table.columns.count == 10_000)
        #expect(table.columns[9_999].text(19) == "\(9_999 * 19)")
    }

    @Test func `millions of blank lines under a wide header cost nothing`() throws {
        let header = (0..<20_000).map { "x\($0)" }.joined(separator: ",")
        let row = (0..<20_000).map { "v\($0)" }.joined(separator: ",")
        let blank = String(repeating: "\n", count: 3_000_000)
        let table = try read("\(header)\n\(blank)\(row)\n\(blank)\(row)", ["header": true]).table
        #expect(table.rowCount == 2 && table.columns[19_999].text(1) == "v19999")
    }

    @Test func `a header spread over lines and a first cell longer than the sample are read`() throws {
        let table = try read("\"a\nb\",c\n1,2\n").table
        #expect(table.schema.names == ["a\nb", "c"])
        let long = String(repeating: "long text\n", count: 60_000)
        #expect(try read("t,n\n\"\(long)\",1\nx,2\n").table.rowCount == 2)
    }
}
