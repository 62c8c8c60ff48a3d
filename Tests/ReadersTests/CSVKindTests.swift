import ApusCore
import ApusReaders
import Testing

@Suite struct CSVKindTests {
    @Test func `a kind follows from all rows, not from the first`() throws {
        let rows = (1...5000).map { "\($0),\($0).5,x\($0 % 3)" }.joined(separator: "\n")
        let (table, report) = try read("a,b,c\n\(rows)\noops,1,x1\n", chunkSize: 1000)
        #expect(kinds(table) == [.category, .number, .category])
        #expect(table.columns[0].text(0) == "1" && table.columns[0].text(5000) == "oops")
        #expect(
            report.notes == [
                "Column 'a' is read as a category: row 5,001 holds \"oops\", while 5,000 values are numbers. "
                    + "Add \"oops\" to data.missing, or declare the column categorical."
            ])
        let mended = try read("a,b,c\n\(rows)\noops,1,x1\n", ["missing": ["oops"]])
        #expect(kinds(mended.table)[0] == .number && mended.table.columns[0].isMissing(5000))
        #expect(mended.report.notes.isEmpty)
    }

    @Test func `a row of several that break a column is counted in the note`() throws {
        let report = try read("a,b\n1,2\nx,2\ny,2\n3,2\n4,2\n").report
        #expect(report.notes.first?.contains("row 2 holds \"x\" (and 1 more rows hold no numbers)") == true)
    }

    @Test func `numbers written with commas are a category with a note`() throws {
        let rows = (1...30).map { "-\($0),5;\($0)\n" }.joined()
        let (table, report) = try read("a;b\n\(rows)")
        #expect(kinds(table) == [.category, .number])
        #expect(
            report.notes == [
                "Column 'a' is read as a category: its values, such as \"-1,5\", look like numbers "
                    + "written with commas. With decimal points, and nothing between thousands, they are read as "
                    + "numbers."
            ])
    }

    @Test func `dates that break are a category with a note`() throws {
        let (table, report) = try read("d,x\n2020-01-01,1\n2020-02-30,2\n2020-03-01,3\n")
        #expect(kinds(table)[0] == .category)
        #expect(report.notes.first?.contains("row 2 holds \"2020-02-30\", while 2 values are dates") == true)
    }

    @Test func `a column that is missing in the head may be anything further down`() throws {
        let gap = String(repeating: ",,NA,1\n", count: 3000)
        let table = try read("a,b,c,d\n\(gap)7,2020-01-02,word,2\n").table
        #expect(kinds(table) == [.number, .timestamp, .category, .number])
        #expect(table.columns.map { $0.text(3000) } == ["7", "2020-01-02", "word", "2"])
    }

    @Test func `a column without a value is a number column`() throws {
        let (table, report) = try read("a,b\n1,\n2,?\n")
        #expect(kinds(table) == [.number, .number] && table.columns[1].missingCount == 2)
        #expect(report.notes.isEmpty)
    }

    @Test func `whole numbers beyond 2^53 keep all their digits`() throws {
        let table = try read("id,x\n9007199254740993,1\n-9223372036854775807,2\n,3\n5,4\n").table
        guard case .integer(let values) = table.columns[0].storage else {
            Issue.record("not whole numbers")
            return
        }
        #expect(values[0] == 9_007_199_254_740_993 && values[1] == -9_223_372_036_854_775_807 && values[3] == 5)
        #expect(table.columns[0].isMissing(2))
        guard case .double = try read("id\n9007199254740993\n1.5\n").table.columns[0].storage else {
            Issue.record("a fraction does not fit whole numbers")
            return
        }
    }

    @Test func `whole numbers of 20 digits are rounded and said to be`() throws {
        let (table, report) = try read("id,x\n1,1\n12345678901234567890,2\n")
        #expect(table.columns[0].doubles?[1] == 1.2345678901234567e19)
        #expect(
            report.notes == [
                "Column 'id': whole numbers such as \"12345678901234567890\" in row 2 have more digits than a number "
                    + "holds and are rounded; declare the column categorical if they are names."
            ])
    }

    @Test func `minus zero stays minus zero`() throws {
        let values = try #require(try read("a\n-0\n-0.0\n0\n").table.columns[0].doubles)
        #expect(values.map(\.sign) == [.minus, .minus, .plus])
    }

    @Test func `hexadecimal and grouped numbers are labels`() throws {
        #expect(kinds(try read("a,b\n0x1p3,\"1,000\"\n0x10,\"2,000\"\n").table) == [.category, .category])
    }

    @Test func `a missing token that reads as a number is missing`() throws {
        let table = try read("a,b\n-999,x\n5,y\n-999.0,z\n", ["missing": ["-999"]]).table
        #expect(cells(table).map { $0[0] } == [nil, "5", "-999"])
    }

    @Test func `tokens inside quotes and between blanks are missing`() throws {
        let table = try read("a,b,c\n\"\",  ,x\n\"NA\", ? ,\"null\"\n1,2,y\n").table
        #expect(table.columns.map(\.missingCount) == [2, 2, 1])
        #expect(kinds(table) == [.number, .number, .category])
    }

    @Test func `labels of rows that all differ are an identifier`() throws {
        let rows = (1...20).map { "u\($0),\($0 % 2)\n" }.joined()
        let (table, report) = try read("user,y\n\(rows)")
        #expect(table.schema.fields[0].role == .identifier)
        #expect(report.notes == ["Column 'user' is set aside as an identifier: all its 20 values differ."])
        let few = (1...19).map { "u\($0),\($0 % 2)\n" }.joined()
        #expect(try read("user,y\n\(few)").table.schema.fields[0].role == .feature)
        #expect(try read("user,y\n\(rows)u1,1\n").table.schema.fields[0].role == .feature)
    }

    @Test func `prose is text, and repeated long answers are a category`() throws {
        let prose = (1...50).map { "the quick brown fox number \($0 % 40) jumps,1\n" }.joined()
        #expect(kinds(try read("t,y\n\(prose)").table)[0] == .text)
        let answers = (1...90).map { "\(String(repeating: "so very long ", count: 6))\($0 % 3),1\n" }.joined()
        #expect(kinds(try read("t,y\n\(answers)").table)[0] == .category)
    }

    @Test func `declared kinds win`() throws {
        let parameters: [String: JSON] = [
            "kinds": ["a": "category", "b": "text", "c": "flag", "d": "timestamp", "e": "number"]
        ]
        let table = try read("a,b,c,d,e\n1,2,1,2020-01-01,3\n01,5,0,,\n", parameters).table
        #expect(kinds(table) == [.category, .text, .flag, .timestamp, .number])
        #expect(table.schema.fields[0].categories == ["01", "1"])
        #expect(cells(table) == [["1", "2", "true", "2020-01-01", "3"], ["01", "5", "false", nil, nil]])
    }

    @Test func `a schema decides kinds and header`() throws {
        let schema = try Schema([Field("zip", .category), Field("n", .number)])
        let table = try read("zip,n\n1,2\n1,3\n", schema: schema).table
        #expect(kinds(table) == [.category, .number])
        #expect(throws: ApusError.self) { try read("zip,n\n1,x\n", schema: schema) }
        let unnamed = try Schema([Field("c1", .category), Field("c2", .category)])
        #expect(try read("red,round\nblue,square\n", schema: unnamed).table.rowCount == 2)
        let texts = try Schema([Field("1", .number), Field("2", .number)])
        #expect(try read("1,2\n3,4\n", schema: texts).table.rowCount == 1)
    }

    @Test func `columns that a schema does not name are texts as they stand, without a note`() throws {
        let ids = (1...30).map { "00\($0),12345678901234567890,2024-02-29 10:00,1.50,,u\($0),2" }
        let odd = "?,NA,null,NaN,N/A,\"a\"\"b\",3"
        let text = (["id,long,day,price,gap,user,n"] + ids + [odd]).joined(separator: "\n")
        let (table, report) = try read(text, schema: try Schema([Field("n", .number)]))
        #expect(kinds(table) == [.text, .text, .text, .text, .text, .text, .number])
        #expect(
            cells(table)[6] == ["007", "12345678901234567890", "2024-02-29 10:00", "1.50", nil, "u7", "2"])
        #expect(cells(table)[30] == ["?", "NA", "null", "NaN", "N/A", "a\"b", "3"])
        #expect(report.notes.isEmpty)
        let declared = try read(text, ["kinds": ["price": "number"]], schema: try Schema([Field("n", .number)]))
        #expect(kinds(declared.table)[3] == .number)
    }

    @Test func `times are read to the microsecond in UTC`() throws {
        let text = """
            t
            1970-01-01
            1970-01-01T00:00:00.000001Z
            2024-02-29 23:59:59.999999
            2024-02-29T23:59:59+05:30
            1969-12-31T23:59:59Z
            0001-01-01T00:00
            9999-12-31T23:59:59.123456789-0000

            """
        let column = try read(text).table.columns[0]
        guard case .timestamp(let values) = column.storage else {
            Issue.record("no timestamps")
            return
        }
        #expect(
            Array(values) == [
                0, 1, 1_709_251_199_999_999, 1_709_231_399_000_000, -1_000_000, -62_135_596_800_000_000,
                253_402_300_799_123_456,
            ])
    }
}
