import ApusCore
import ApusKernels
import Synchronization

/// Parts of a text whose columns are declared, read without a look at the others: what does not fit shows where it stands,
/// and labels are those of each part.
struct CSVDeclaredParts: PartReader {
    let schema: Schema
    private let columns: CSVColumns
    private let parts: CSVParts
    private let reading: CSVTableReading
    /// What messages call the text.
    private let name: String
    private let kinds: [CSVCellKind]
    private let progress: Progress

    /// What is known of the parts up to the last that was read for the first time.
    private struct Seen: Sendable {
        /// Where the rows of each part start, and of the one behind.
        var starts = [0]
        var findings: [CSVFindings]
        var skippedRows = 0
        var firstSkippedLine: Int?
    }

    private final class Progress: Sendable {
        let seen: Mutex<Seen>
        init(_ seen: Seen) { self.seen = Mutex(seen) }
    }

    /// `schema` is that of the columns as they are declared.
    init(_ columns: CSVColumns, _ parts: CSVParts, schema: Schema, of reading: CSVTableReading, name: String) {
        self.columns = columns
        self.parts = parts
        self.schema = schema
        self.reading = reading
        self.name = name
        kinds = columns.names.indices.map(columns.firstKind)
        progress = Progress(Seen(findings: columns.names.map { _ in .none }))
    }

    var count: Int { parts.count }

    var report: ReadReport {
        let seen = progress.seen.withLock { $0 }
        // Findings that are errors were thrown where they were met.
        let notes = columns.names.indices.compactMap { try? note(seen.findings[$0], $0) }
        return reading.report(columns.format, seen.skippedRows, line: seen.firstSkippedLine, notes: notes)
    }

    private func note(_ found: CSVFindings, _ index: Int) throws -> String? {
        guard kinds[index] == .number, found.big == nil || found.huge != nil || found.infinite != nil else {
            return nil
        }
        return try CSVColumnBuilder(text: columns.scan.text)
            .numberNote(found, columns.names[index], columns.declarations[index])
    }

    func read(_ part: Int, _ names: [String]?) throws -> Table {
        do {
            return try table(part, names)
        } catch let error as ApusError {
            throw error.at(name)
        }
    }

    private func table(_ part: Int, _ names: [String]?) throws -> Table {
        let wanted = try names.map { try $0.map { try schema.position(of: $0) } } ?? Array(kinds.indices)
        let isWanted = Set(wanted)
        let reading = try columns.checked(
            parts.read(part, kinds: kinds.indices.map { isWanted.contains($0) ? kinds[$0] : .skip }))
        var read = reading.columns
        try account(for: reading, part)
        // Whole numbers that doubles do not hold are read again as what they are.
        let again = try kinds.indices.map { index in
            guard let column = read[index] else { return CSVCellKind.skip }
            return try columns.nextKind(of: kinds[index], column.findings, index)
        }
        if again.contains(.integer) {
            let more = try columns.checked(parts.read(part, kinds: again)).columns
            for (index, column) in more.enumerated() where column?.findings.broken == nil {
                read[index] = column ?? read[index]
            }
        }
        let built = try columns.build(wanted, of: read) { columns.declarations[$0] }
        return try Table(Schema(built.map(\.field)), built.map(\.column), rowCount: reading.rowCount)
    }

    /// Adds what was found in a part that was not read before; throws, with the row among all, where a cell does not fit.
    private func account(for reading: CSVReading, _ part: Int) throws {
        let first = progress.seen.withLock { seen in
            guard part == seen.starts.count - 1 else { return seen.starts[part] }
            let first = seen.starts[part]
            seen.starts.append(first + reading.rowCount)
            seen.skippedRows += reading.raggedRows
            if seen.firstSkippedLine == nil, case .ragged(let offset, _) = reading.firstRagged {
                seen.firstSkippedLine = columns.scan.text.line(at: offset)
            }
            for (index, column) in reading.columns.enumerated() {
                if let column { seen.findings[index].add(column.findings, from: first) }
            }
            return first
        }
        let seen = progress.seen.withLock { $0 }
        if seen.skippedRows > 0, seen.starts.count > parts.count, seen.starts.last == 0 {
            throw self.reading.noRows(columns.format, skipped: seen.skippedRows)
        }
        for (index, column) in reading.columns.enumerated() {
            guard let column else { continue }
            var found = CSVFindings.none
            found.add(column.findings, from: first)
            _ = try columns.nextKind(of: kinds[index], found, index)
            _ = try note(found, index)
        }
    }
}
