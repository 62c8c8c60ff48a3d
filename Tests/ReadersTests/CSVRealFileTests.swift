import ApusCore
import ApusReaders
import Testing

/// What a published file must be read as. Missing counts are those of the files' own descriptions.
struct RealFile: CustomTestStringConvertible, Sendable {
    let path: String
    let format: String
    let rows: Int
    /// A letter a column: n number, c category, t text, i identifier, d timestamp.
    let kinds: String
    let missing: Int
    var testDescription: String { path }
}

@Suite(.enabled(if: hasData, "the published data sets are not here"))
struct CSVRealFileTests {
    static let files = [
        RealFile(
            path: "adult/adult.data", format: "comma, no header", rows: 32_561, kinds: "ncncncccccnnncc", missing: 4_262
        ),
        RealFile(
            path: "german_credit/german.data", format: "comma, no header", rows: 1_000, kinds: "cnccnccnccncnccncnccn",
            missing: 0),
        RealFile(
            path: "california_housing/housing.csv", format: "comma, header", rows: 20_640, kinds: "nnnnnnnnnc",
            missing: 207),
        RealFile(
            path: "telco_churn/Telco-Customer-Churn.csv", format: "comma, header", rows: 7_043,
            kinds: "icnccnccccccccccccnnc", missing: 11),
        RealFile(
            path: "digits_8x8/optdigits.tra", format: "comma, header", rows: 3_823,
            kinds: String(repeating: "n", count: 65), missing: 0),
        RealFile(
            path: "flights/flights.csv.gz", format: "comma, header", rows: 336_776, kinds: "nnnnnnnccnccnnnn",
            missing: 63_105),
        RealFile(
            path: "lightgbm_examples/binary_classification/binary.train", format: "tab, no header", rows: 7_000,
            kinds: String(repeating: "n", count: 29), missing: 0),
        RealFile(
            path: "diamonds/diamonds.csv", format: "comma, header", rows: 53_940, kinds: "ncccnnnnnn", missing: 0),
        RealFile(path: "electricity/elec.csv", format: "comma, header", rows: 45_312, kinds: "nnnnnnn", missing: 0),
        RealFile(
            path: "bike_sharing/hour.csv", format: "comma, header", rows: 17_379, kinds: "ndnnnnnnnnnnnnnnn", missing: 0
        ),
        RealFile(
            path: "parkinsons/parkinsons_updrs.data", format: "tab, header", rows: 5_875,
            kinds: String(repeating: "n", count: 22), missing: 0),
        RealFile(path: "sms_spam/SMSSpamCollection.tsv", format: "tab, header", rows: 5_574, kinds: "ct", missing: 0),
        RealFile(
            path: "flights/weather.csv", format: "comma, header", rows: 26_115, kinds: "ncnnnnnnnnnnnnnd",
            missing: 23_974),
    ]

    @Test("real files are read as what they are", arguments: files)
    func real(file: RealFile) throws {
        let (table, report) = try read(file: "\(dataFolder)/\(file.path)")
        let letters: [ColumnKind: String] = [.number: "n", .category: "c", .text: "t", .timestamp: "d", .flag: "f"]
        let kinds = table.schema.fields.map { $0.role == .identifier ? "i" : letters[$0.kind] ?? "?" }.joined()
        #expect(report.format.hasPrefix("CSV, \(file.format), "))
        #expect(table.rowCount == file.rows)
        #expect(kinds == file.kinds)
        #expect(table.columns.reduce(0) { $0 + $1.missingCount } == file.missing)
    }

    @Test("what is read does not depend on chunks and threads", arguments: files)
    func chunks(file: RealFile) throws {
        let source = Source.file("\(dataFolder)/\(file.path)")
        let whole = try CSVReader().open(source, in: RunContext(threads: 1)).readAll()
        let cut = try CSVReader().open(source, in: RunContext(threads: 3), chunkSize: 10_007).readAll()
        #expect(whole.schema == cut.schema)
        for (one, other) in zip(whole.columns, cut.columns) {
            #expect((0..<whole.rowCount).allSatisfy { one.text($0) == other.text($0) })
        }
    }
}
