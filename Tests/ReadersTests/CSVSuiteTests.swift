import ApusCore
import ApusReaders
import Foundation
import Testing

/// csv-spectrum and csv-test-data: what a reader must read, and must refuse.
@Suite(.enabled(if: hasData, "the published data sets are not here"))
struct CSVSuiteTests {
    static let spectrumNames = [
        "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
        "quotes_and_newlines", "simple", "simple_crlf", "utf8",
    ]
    /// Read by every strict rule. The four that are absent have no row or no name: see below.
    static let goodNames = [
        "empty-field", "empty-one-column", "leading-space", "one-column", "quotes-empty", "quotes-with-comma",
        "quotes-with-escaped-quote", "quotes-with-newline", "quotes-with-space", "simple-crlf", "simple-lf",
        "trailing-newline-one-field", "trailing-newline", "trailing-space", "utf8",
    ]

    /// Every cell as the text that stands in the file: blanks kept, every column declared text.
    private func strings(_ path: String) throws -> (names: [String], rows: [[String]]) {
        let names = try read(file: path, ["header": true]).table.schema.names
        let texts = JSON.object(Dictionary(uniqueKeysWithValues: names.map { ($0, "text") }))
        let table = try read(file: path, ["header": true, "trim": false, "kinds": texts]).table
        return (names, cells(table).map { row in row.map { $0 ?? "" } })
    }

    private func json(_ path: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test("csv-spectrum is read as its JSON says", arguments: spectrumNames)
    func readsSpectrum(name: String) throws {
        let folder = "\(dataFolder)/formats/csv/csv-spectrum"
        let expected = try #require(try json("\(folder)/json/\(name).json") as? [[String: String]])
        let (names, rows) = try strings("\(folder)/csvs/\(name).csv")
        let read = rows.map { Dictionary(uniqueKeysWithValues: zip(names, $0)) }
        if name == "newlines_crlf" {
            // The published file has lost its carriage returns; its JSON has not.
            let unix = expected.map { $0.mapValues { $0.replacingOccurrences(of: "\r\n", with: "\n") } }
            #expect(read == unix)
        } else {
            #expect(read == expected)
        }
    }

    @Test("the good files of csv-test-data are read as their JSON says", arguments: goodNames)
    func readsGood(name: String) throws {
        let folder = "\(dataFolder)/formats/csv/csv-test-data"
        let expected = try #require(try json("\(folder)/json/\(name).json") as? [[String]])
        let (names, rows) = try strings("\(folder)/csv/\(name).csv")
        #expect([names] + rows == expected)
    }

    @Test func `a header with rows is read as objects`() throws {
        let folder = "\(dataFolder)/formats/csv/csv-test-data"
        let expected = try #require(try json("\(folder)/json/header-simple.json") as? [[String: String]])
        let (names, rows) = try strings("\(folder)/csv/header-simple.csv")
        #expect(rows.map { Dictionary(uniqueKeysWithValues: zip(names, $0)) } == expected)
    }

    /// Nothing can be learned from or predicted for no rows, so these two are refused although they are sound CSV.
    @Test(arguments: [
        ("header-no-rows", "it holds a header of 3 columns but no rows"),
        ("all-empty", "the file holds nothing but blank lines"),
    ])
    func `files without a row are refused by name`(name: String, reason: String) {
        expectRefusal(name, reason)
    }

    @Test(arguments: [
        ("bad-header-less-fields", "line 2: found 2 fields, expected 3 as in the header"),
        ("bad-header-more-fields", "line 2: found 4 fields, expected 3 as in the header"),
        ("bad-header-no-header", "the file is empty"),
        ("bad-header-wrong-header", "it holds a header of 3 columns but no rows"),
        ("bad-missing-quote", "line 2: a quote opens here and is never closed"),
        ("bad-quotes-with-unescaped-quote", "line 2: text after the closing quote of a cell"),
    ])
    func `bad files are refused by name`(name: String, reason: String) {
        expectRefusal(name, reason)
    }

    /// `1,This "quotes" must be escaped,3` is word for word what a file looks like whose writer does not quote at all,
    /// such as the tab-separated messages of sms_spam; so quotes are taken as text and that is said. Whoever knows
    /// that the file quotes says so and has it refused.
    @Test func `an unescaped quote is refused where quotes are declared`() throws {
        let path = "\(dataFolder)/formats/csv/csv-test-data/csv/bad-unescaped-quote.csv"
        let (table, report) = try read(file: path)
        #expect(table.columns[1].text(0) == "This \"quotes\" must be escaped")
        #expect(report.notes.count == 1 && report.notes[0].hasPrefix("The first double quote, on line 2"))
        expectRefusal("bad-unescaped-quote", "line 2: a quote inside an unquoted cell", ["quote": true])
    }

    private func expectRefusal(_ name: String, _ reason: String, _ parameters: [String: JSON] = [:]) {
        let path = "\(dataFolder)/formats/csv/csv-test-data/csv/\(name).csv"
        do {
            _ = try read(file: path, parameters)
            Issue.record("\(name) was read")
        } catch {
            #expect("\(error)".hasPrefix("\(path): \(reason)"))
        }
    }
}
