import ApusCore
import ApusKernels

/// One reading of one text, from its first bytes to the table.
struct CSVTableReading {
    let reader: CSVReader
    let text: TextBytes
    let schema: Schema?
    let context: RunContext
    private var notes: [String] = []
    private let missing: [[UInt8]]

    init(reader: CSVReader, text: TextBytes, schema: Schema?, context: RunContext) {
        self.reader = reader
        self.text = text
        self.schema = schema
        self.context = context
        missing = (CSVReader.missingTokens + reader.missing).map { Array($0.utf8) }
    }

    /// All rows in memory.
    mutating func read(chunkSize: Int) throws -> InMemoryStream {
        let columns = try prepare(chunkSize: chunkSize, forgetting: false)
        let format = columns.format
        let result = try columns.read()
        let mayBeEmpty = schema != nil && format.hasHeader && result.skippedRows == 0
        guard result.rowCount > 0 || mayBeEmpty else { throw noRows(format, skipped: result.skippedRows) }
        let table = try Table(Schema(result.fields), result.columns, rowCount: result.rowCount)
        return InMemoryStream(
            table: table,
            report: report(format, result.skippedRows, line: result.firstSkippedLine, notes: result.notes))
    }

    /// Rows to be handed out part by part, after one pass over all of them for kinds and labels.
    mutating func stream(chunkSize: Int) throws -> PartStream {
        let columns = try prepare(chunkSize: chunkSize, forgetting: true)
        let parts = CSVParts(columns.scan, columns.dialect, chunks: 8)
        let survey = try CSVSurvey(columns, parts)
        guard survey.rowCount > 0 else { throw noRows(columns.format, skipped: survey.skippedRows) }
        return PartStream(
            CSVSurveyedParts(
                schema: try Schema(survey.fields),
                report: report(
                    columns.format, survey.skippedRows, line: survey.firstSkippedLine, notes: survey.notes),
                columns: columns, parts: parts, kinds: survey.kinds))
    }

    /// Rows to be handed out part by part with the columns that a schema declares, without a look at them before.
    mutating func stream(_ schema: Schema, name: String, chunkSize: Int) throws -> PartStream {
        let columns = try prepare(chunkSize: chunkSize, forgetting: true)
        let fields = zip(columns.names, columns.declarations).map { name, declaration in
            let known = schema[name].flatMap { declaration?.origin == .schema ? $0 : nil }
            return known ?? Field(name, declaration.flatMap { ColumnKind(rawValue: $0.kind.rawValue) } ?? .text)
        }
        return PartStream(
            CSVDeclaredParts(
                columns, CSVParts(columns.scan, columns.dialect, chunks: 8), schema: try Schema(fields), of: self,
                name: name))
    }

    func report(_ format: CSVFormat, _ skipped: Int, line: Int?, notes more: [String]) -> ReadReport {
        ReadReport(
            format: describe(format), settings: settings(format), skippedRows: skipped,
            skipNote: line.map { skipNote(skipped, format, line: $0) }, notes: notes + more)
    }

    /// What the text looks like and where its rows begin; refuses what no reading of cells could make sense of.
    private mutating func prepare(chunkSize: Int, forgetting: Bool) throws -> CSVColumns {
        if let signature = FileSignature.name(of: text[0..<text.count]) {
            throw ApusError("it is \(signature.what)", remedy: signature.remedy)
        }
        let begin = text.count >= 3 && text[0..<3].elementsEqual([0xEF, 0xBB, 0xBF]) ? 3 : 0
        let sniffer = CSVSniffer(
            text: text, begin: begin, separator: try reader.separatorByte, quote: reader.quote, header: reader.header,
            isMissing: { [text, missing] cell in cell.isEmpty || missing.contains { text[cell].elementsEqual($0) } },
            expected: schema?.names)
        var format = try sniffer.sniff()

        let scan = CSVScan(
            text, from: format.bodyStart, kernels: Kernels(backend: context.backend, threads: context.threads),
            chunkSize: chunkSize, forgetting: forgetting,
            isStopped: { [context] in (try? context.checkCancellation()) == nil })
        try context.checkCancellation()
        try check(scan)
        if reader.quote == .auto, let first = scan.quotes.first {
            format.quoting = sniffer.quoting(format.separator, firstQuote: first)
            if !format.quoting {
                notes.append(
                    "The first double quote, on line \(text.line(at: first).grouped), stands inside a cell, so quotes "
                        + "are read as plain text; --set data.quote=true reads them as quotes.")
            }
        }
        let names = try self.names(format)
        let declarations = try declarations(names)

        let dialect = CSVDialect(
            separator: format.separator, quoting: format.quoting && scan.quotes.first != nil, trim: reader.trim,
            skipsRagged: reader.onBadRow == .skip, columns: format.columns, missing: missing)
        return CSVColumns(
            scan: scan, dialect: dialect, format: format, names: names, declarations: declarations,
            context: context)
    }

    private func skipNote(_ rows: Int, _ format: CSVFormat, line: Int) -> String {
        let fields = "\(format.columns.grouped) field\(format.columns == 1 ? "" : "s")"
        return rows == 1
            ? "1 row, on line \(line.grouped), did not have \(fields) and was skipped."
            : "\(rows.grouped) rows did not have \(fields) and were skipped; the first is on line \(line.grouped)."
    }

    /// Refuses what no reading of cells could make sense of.
    private func check(_ scan: CSVScan) throws {
        if let offset = scan.firstNUL {
            throw ApusError(
                "a NUL byte, which no text holds", at: "line \(text.line(at: offset).grouped)",
                remedy: "The file is damaged, or no text in UTF-8.")
        }
        if let offset = scan.firstMalformed {
            let byte = String(text.start[offset], radix: 16, uppercase: true)
            throw ApusError(
                "byte 0x\(byte) is not UTF-8", at: "line \(text.line(at: offset).grouped)",
                remedy: "Convert the file first, if it is Latin-1: iconv -f LATIN1 -t UTF-8 FILE > NEW")
        }
    }

    func noRows(_ format: CSVFormat, skipped: Int) -> ApusError {
        if skipped > 0 {
            return ApusError("all \(skipped.grouped) rows were skipped: none has \(format.columns.grouped) fields")
        }
        return ApusError(
            "it holds a header of \(format.columns.grouped) \(format.columns == 1 ? "column" : "columns") but no rows",
            remedy: "If its first line is data, say --set data.header=false.")
    }

    /// The columns' names: the header's, c1, c2, … where it has none.
    private mutating func names(_ format: CSVFormat) throws -> [String] {
        guard format.hasHeader else { return (0..<format.columns).map { "c\($0 + 1)" } }
        var names: [String] = []
        var unnamed: [String] = []
        var positions: [String: Int] = [:]
        for (index, cell) in format.header.enumerated() {
            var name = String(decoding: text[cell], as: UTF8.self)
            if format.quoting { name = unescaped(name) }
            if name.isEmpty {
                name = "c\(index + 1)"
                unnamed.append("'\(name)'")
            }
            if let earlier = positions.updateValue(index, forKey: name) {
                throw ApusError(
                    "columns \((earlier + 1).grouped) and \((index + 1).grouped) are both named '\(name)'",
                    at: "header", remedy: "Rename one of them.")
            }
            names.append(name)
        }
        if !unnamed.isEmpty {
            let shown = unnamed.prefix(3).joined(separator: ", ") + (unnamed.count > 3 ? ", …" : "")
            notes.append(
                unnamed.count == 1
                    ? "One column has no name in the header and is called \(shown)."
                    : "\(unnamed.count.grouped) columns have no name in the header and are called \(shown).")
        }
        return names
    }

    private func unescaped(_ cell: String) -> String {
        var result = ""
        var isSecond = false
        for scalar in cell.unicodeScalars {
            if scalar == "\"", !isSecond {
                isSecond = true
                continue
            }
            if isSecond, scalar != "\"" { result.unicodeScalars.append("\"") }
            isSecond = false
            result.unicodeScalars.append(scalar)
        }
        return isSecond ? result + "\"" : result
    }

    /// Declarations, a column each: the user's first, then the schema's. With a schema, columns that it does not name
    /// are texts as they stand.
    private func declarations(_ names: [String]) throws -> [CSVDeclaration?] {
        let known = Set(names)
        if let unknown = reader.kinds.keys.sorted().first(where: { !known.contains($0) }) {
            throw ApusError(
                "there is no column '\(unknown)'", at: "parameter 'kinds'",
                remedy: Nearest.suggestion(for: unknown, among: names), kind: .usage)
        }
        return names.map { name in
            if let kind = reader.kinds[name] { return CSVDeclaration(kind: kind, origin: .user) }
            guard let schema else { return nil }
            return schema[name].flatMap { CSVKind($0.kind) }.map { CSVDeclaration(kind: $0, origin: .schema) }
                ?? CSVDeclaration(kind: .text, origin: .unnamed)
        }
    }

    private func describe(_ format: CSVFormat) -> String {
        let size = Double(text.count)
        let shown =
            switch size {
            case ..<1e3: "\(text.count) bytes"
            case ..<1e6: "\(Column.text((size / 1e2).rounded() / 10)) kB"
            default: "\(Column.text((size / 1e5).rounded() / 10)) MB"
            }
        return "CSV, \(format.separatorName), \(format.hasHeader ? "header" : "no header"), \(shown)"
    }

    private func settings(_ format: CSVFormat) -> [String: JSON] {
        [
            "separator": .text(format.separatorText), "header": .flag(format.hasHeader), "quote": .flag(format.quoting),
            "trim": .flag(reader.trim), "missing": reader.missing.json, "on_bad_row": reader.onBadRow.json,
            "kinds": reader.kinds.json,
        ]
    }
}
