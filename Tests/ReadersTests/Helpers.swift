import ApusCore
import ApusReaders
import Foundation

/// The published data sets, outside the repository.
let dataFolder = URL(filePath: #filePath).appending(path: "../../../../shared/data").standardizedFileURL.path
let hasData = FileManager.default.fileExists(atPath: dataFolder)

/// Reads `text` with the given parameters.
func read(
    _ text: String, _ parameters: [String: JSON] = [:], schema: Schema? = nil, threads: Int = 2,
    chunkSize: Int = 1 << 20
) throws -> (table: Table, report: ReadReport) {
    try read(bytes: Array(text.utf8), parameters, schema: schema, threads: threads, chunkSize: chunkSize)
}

/// Reads bytes with the given parameters.
func read(
    bytes: [UInt8], _ parameters: [String: JSON] = [:], schema: Schema? = nil, threads: Int = 2,
    chunkSize: Int = 1 << 20
) throws -> (table: Table, report: ReadReport) {
    let stream = try CSVReader(parameters: parameters).open(
        .bytes(Buffer(bytes), name: "people.csv"), schema: schema, in: RunContext(threads: threads),
        chunkSize: chunkSize)
    return (try stream.readAll(), stream.report)
}

/// Reads a file with the given parameters.
func read(file path: String, _ parameters: [String: JSON] = [:]) throws -> (table: Table, report: ReadReport) {
    let stream = try CSVReader(parameters: parameters).open(.file(path), in: RunContext())
    return (try stream.readAll(), stream.report)
}

/// The message that reading `bytes` ends with; nil if it succeeds.
func message(bytes: [UInt8], _ parameters: [String: JSON] = [:]) -> String? {
    do {
        _ = try read(bytes: bytes, parameters)
        return nil
    } catch {
        return "\(error)"
    }
}

/// The message that reading `text` ends with; nil if it succeeds.
func message(_ text: String, _ parameters: [String: JSON] = [:]) -> String? {
    message(bytes: Array(text.utf8), parameters)
}

/// Every cell as text, row by row; nil is missing.
func cells(_ table: Table) -> [[String?]] {
    (0..<table.rowCount).map { row in table.columns.map { $0.text(row) } }
}

/// The kinds, column by column.
func kinds(_ table: Table) -> [ColumnKind] { table.schema.fields.map(\.kind) }
