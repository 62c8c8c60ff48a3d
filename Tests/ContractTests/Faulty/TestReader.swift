import ApusCore
import Foundation
import Synchronization

/// How the test reader breaks the rules for readers.
enum ReaderFault: String, Fault {
    case none
    case findsNoRows = "reader 1"
    case losesRows = "reader 2"
    case rewindsHalfWay = "reader 3"
    case ignoresColumns = "reader 4"
    case ignoresSchema = "reader 5"
    case throwsStrangely = "reader 6"
    case namesNoFile = "reader 7"

    var rule: String? { self == .none ? nil : rawValue }
}

/// Lines of fields with semicolons between them: numbers where every value of a column is one, else texts. Right in
/// every respect unless it is given a fault.
struct TestReader: DataReader {
    static let descriptor = Descriptor(id: "reader.test", summary: "Lines of fields with semicolons between them")
    static let extensions = ["ssv"]

    @Parameter("Which rule to break.") var fault = ReaderFault.none

    static let sample = Buffer(Array("x;name;y\n1.5;ann;2\n-3;bob;4\n0.25;cyd;6\n8;dan;8\n9;eve;1e3\n".utf8))

    func open(_ source: Source, schema: Schema?, in context: RunContext) throws -> any TableStream {
        let bytes: Data
        switch source {
        case .bytes(let buffer, _): bytes = Data(buffer)
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ApusError("it cannot be read", at: fault == .namesNoFile ? "a file" : path)
            }
            bytes = data
        case .standardInput: throw ApusError("standard input is not supported")
        }
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true)
            .map { $0.split(separator: ";", omittingEmptySubsequences: false).map(String.init) }
        guard !lines.isEmpty else { throw ApusError("there is no header", at: source.name) }
        let names = lines.removeFirst()
        for (line, fields) in lines.enumerated() where fields.count != names.count {
            if fault == .throwsStrangely { throw StrangeError() }
            throw ApusError("\(fields.count) fields", at: "\(source.name) line \(line + 2)")
        }
        let columns = names.indices.map { place in
            let values = lines.map { $0[place] }
            let numbers = values.compactMap(Double.init)
            let isText = fault != .ignoresSchema && schema?[names[place]]?.kind == .text
            return (
                name: names[place],
                column: numbers.count == values.count && !isText ? Column(numbers) : Column(texts: values)
            )
        }
        let table = try Table(columns)
        return TestStream(table: fault == .findsNoRows ? try table.slice(0..<0) : table, fault: fault)
    }
}

/// A table in batches.
final class TestStream: TableStream {
    let table: Table
    let fault: ReaderFault
    private let place = Mutex(0)

    init(table: Table, fault: ReaderFault) {
        self.table = table
        self.fault = fault
    }

    var schema: Schema { table.schema }
    var report: ReadReport { ReadReport(format: "test") }

    func next(columns: [String]?, rows: Int) throws -> Table? {
        let range = place.withLock { place in
            let end = min(table.rowCount, place + min(rows, table.rowCount))
            defer { place = min(table.rowCount, end + (fault == .losesRows ? 1 : 0)) }
            return place..<end
        }
        if range.isEmpty { return nil }
        guard let columns, fault != .ignoresColumns else { return try table.slice(range) }
        return try Table(columns.map { (name: $0, column: try table.column($0).slice(range)) })
    }

    func rewind() { place.withLock { $0 = fault == .rewindsHalfWay ? 1 : 0 } }
}
