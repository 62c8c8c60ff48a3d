import ApusCore
import ApusKernels
import Synchronization

/// Reads the cells of all columns, again where a row says that a column is of another kind, and makes columns of them.
struct CSVColumns {
    let scan: CSVScan
    let dialect: CSVDialect
    let format: CSVFormat
    let names: [String]
    let declarations: [CSVDeclaration?]
    let context: RunContext

    struct Result {
        var rowCount: Int
        var skippedRows: Int
        var firstSkippedLine: Int?
        var fields: [Field]
        var columns: [Column]
        var notes: [String]
    }

    func read() throws -> Result {
        let (reading, read) = try readCells()
        let parts = try build(Array(names.indices), of: read) { declarations[$0] }
        var line: Int?
        if case .ragged(let offset, _) = reading.firstRagged { line = scan.text.line(at: offset) }
        return Result(
            rowCount: reading.rowCount, skippedRows: reading.raggedRows, firstSkippedLine: line,
            fields: parts.map(\.field), columns: parts.map(\.column), notes: parts.compactMap(\.note))
    }

    /// Columns of what was read at these places, built side by side.
    func build(
        _ places: [Int], of read: [CSVColumn?], as declaration: @Sendable (Int) -> CSVDeclaration?
    ) throws -> [CSVColumnBuilder.Built] {
        let builder = CSVColumnBuilder(text: scan.text)
        let built = Mutex([Swift.Result<CSVColumnBuilder.Built, ApusError>?](repeating: nil, count: places.count))
        scan.kernels.parallelFor(places.count) { place in
            guard let column = read[places[place]] else { return }
            let result = Swift.Result { () throws(ApusError) in
                try builder.build(column, name: names[places[place]], declaration: declaration(places[place]))
            }
            built.withLock { $0[place] = result }
        }
        return try built.withLock { $0 }.compactMap { try $0?.get() }
    }

    /// Cells of every column in its final kind: at most three readings, each of fewer columns than the one before.
    private func readCells() throws -> (CSVReading, [CSVColumn?]) {
        var cellKinds = names.indices.map(firstKind)
        let first = try reading(cellKinds)
        var columns = first.columns
        while true {
            let next = try names.indices.map { index -> CSVCellKind in
                guard let column = columns[index], column.kind == cellKinds[index] else { return .skip }
                return try nextKind(of: column.kind, column.findings, index)
            }
            guard next.contains(where: { $0 != .skip }) else { return (first, columns) }
            let again = try reading(next)
            for index in names.indices {
                guard let column = again.columns[index] else { continue }
                cellKinds[index] = column.kind
                if column.kind == .integer, column.findings.broken != nil { continue }
                columns[index] = column
            }
        }
    }

    private func reading(_ kinds: [CSVCellKind]) throws -> CSVReading {
        try checked(scan.read(dialect, kinds: kinds))
    }

    /// What was read, or what is wrong with it.
    func checked(_ result: Swift.Result<CSVReading, CSVFailure>) throws -> CSVReading {
        try context.checkCancellation()
        switch result {
        case .success(let reading): return reading
        case .failure(let failure):
            throw CSVDiagnosis(scan: scan, dialect: dialect, format: format).error(failure.problem)
        }
    }

    /// What the declaration says, or the head of the text.
    func firstKind(_ index: Int) -> CSVCellKind {
        switch declarations[index]?.kind {
        case .number: return .number
        case .timestamp: return .timestamp
        case .category, .text, .flag: return .string
        case nil: return sampledKind(index) ?? .number
        }
    }

    /// The one kind that the cells at the head of the text have; nil if all of them are missing.
    private func sampledKind(_ index: Int) -> CSVCellKind? {
        var result: CSVCellKind?
        for row in format.sample.prefix(1000) where index < row.count {
            let cell = row[index]
            if cell.isEmpty || dialect.missing.contains(where: { scan.text[cell].elementsEqual($0) }) { continue }
            let kind: CSVCellKind =
                switch scan.text.reading(of: cell) {
                case .number, .infinity: .number
                case .timestamp: .timestamp
                case .text: .string
                }
            if kind == .string || result.map({ $0 != kind }) == true { return .string }
            result = kind
        }
        return result
    }

    /// The kind to read a column again as; `.skip` if it is as it should be.
    func nextKind(of kind: CSVCellKind, _ found: CSVFindings, _ index: Int) throws -> CSVCellKind {
        switch kind {
        case .skip, .string: return .skip
        case .integer: return .skip
        case .number, .timestamp:
            if let broken = found.broken {
                if let declaration = declarations[index] { throw misfit(broken, index, declaration) }
                let isTime = kind == .number && scan.text.reading(of: broken.range) == .timestamp
                return isTime && sampledKind(index) == nil ? .timestamp : .string
            }
            return found.big != nil && found.huge == nil && found.infinite == nil ? .integer : .skip
        }
    }

    private func misfit(_ cell: CSVCell, _ index: Int, _ declaration: CSVDeclaration) -> ApusError {
        let value = scan.text.quoted(cell.range)
        let expected = declaration.kind == .number ? "a number" : "an ISO 8601 date or time"
        return ApusError(
            "expected \(expected), found \(value)", at: "column '\(names[index])' row \((cell.row + 1).grouped)",
            remedy: declaration.remedy(for: value))
    }
}

extension TextBytes {
    /// The bytes in `range` as text in quotes, cut after 40 characters.
    func quoted(_ range: Range<Int>) -> String {
        let head = String(
            decoding: self[range.lowerBound..<min(range.upperBound, range.lowerBound + 200)], as: UTF8.self)
        return head.count > 40 ? "\"\(head.prefix(40))…\"" : "\"\(head)\""
    }
}
