import ApusCore
import Foundation

/// Reads a table with the reader that fits the file.
public enum TableFile {
    /// The id of the reader for a file of this name: by its ending, else the CSV reader.
    static func readerID(for path: String, registry: Registry) -> String {
        var parts = path.lowercased().split(separator: "/").last?.split(separator: ".").map(String.init) ?? []
        if parts.last == "gz" { parts.removeLast() }
        let ending = parts.count > 1 ? parts.last ?? "" : ""
        let readers = registry.plugins(.reader)
        let match = readers.first { ($0 as? any DataReader.Type)?.extensions.contains(ending) == true }
        return match?.descriptor.id ?? "reader.csv"
    }

    /// The whole table at `path` (`-`: standard input) and what was found while reading it. A file `PATH.weight` beside
    /// it, a number a row as LightGBM reads it, becomes the column `weight`, unless the table has one; `PATH.init` with
    /// initial scores becomes the offset column `init_score`, or for several scores a row `init_score1`, ….
    public static func read(
        _ path: String, reader: String? = nil, parameters: [String: JSON] = [:], schema: Schema? = nil,
        in context: RunContext
    ) throws -> (table: Table, report: ReadReport) {
        let id = reader ?? readerID(for: path, registry: context.registry)
        let plugin = try context.registry.reader(PluginReference(id, parameters))
        let stream = try plugin.open(path == "-" ? .standardInput : .file(path), schema: schema, in: context)
        var (table, report) = (try stream.readAll(), stream.report)
        if path != "-", let note = try addWeights(beside: path, to: &table, report, in: context) {
            report.notes.append(note)
        }
        if path != "-", let (columns, note) = try offsets(beside: path, of: table, report, in: context) {
            if let columns { table = try table.adding(columns) }
            report.notes.append(note)
        }
        return (table, report)
    }

    /// The rows at `path`, read when they are asked for. Throws where the reader cannot do that, and where there is a file
    /// of weights or initial scores beside it, which only a table in memory is matched with.
    static func stream(
        _ path: String, reader: String? = nil, parameters: [String: JSON] = [:], in context: RunContext
    ) throws -> any TableStream {
        for file in [path + ".weight", path + ".init"] where FileManager.default.fileExists(atPath: file) {
            throw ApusError(
                "a stream is not matched with the file beside it", at: file,
                remedy: "Move it away, or make it a column of the table.", kind: .usage)
        }
        let id = reader ?? readerID(for: path, registry: context.registry)
        return try context.registry.reader(PluginReference(id, parameters)).stream(
            path == "-" ? .standardInput : .file(path), in: context)
    }

    /// The initial scores of `PATH.init` as offset columns; nil where there is no such file, or where the table has
    /// columns of these names.
    private static func offsets(
        beside path: String, of table: Table, _ report: ReadReport, in context: RunContext
    ) throws -> (columns: Table?, note: String)? {
        guard let columns = try offsets(beside: path, in: context) else { return nil }
        let (file, names) = (path + ".init", columns.schema.names)
        if let taken = names.first(where: { table.schema.index(of: $0) != nil }) {
            return (nil, "\(file) was not read: the table has a column '\(taken)' of its own.")
        }
        try check(columns, file, of: table, path, report, "initial scores")
        return (columns, "The offsets '\(names.joined(separator: "', '"))' were read from \(file).")
    }

    /// The initial scores of `PATH.init`; nil where there is no such file.
    static func offsets(beside path: String, in context: RunContext) throws -> Table? {
        guard let lines = try side(path + ".init", in: context) else { return nil }
        let names =
            lines.columns.count == 1 ? ["init_score"] : lines.columns.indices.map { "init_score\($0 + 1)" }
        return try Table(
            Schema(names.map { Field($0, .number, role: .offset) }), lines.columns, rowCount: lines.rowCount)
    }

    /// A file of numbers without a header; nil where there is none.
    private static func side(_ file: String, in context: RunContext) throws -> Table? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        let lines = try context.registry.reader(PluginReference("reader.csv", ["header": "false"])).open(
            .file(file), schema: nil, in: context
        ).readAll()
        for (field, column) in zip(lines.schema.fields, lines.columns) where field.kind != .number {
            let texts = (0..<lines.rowCount).lazy.map { column.text($0) }
            let row = texts.firstIndex { $0.map { Double($0) == nil } ?? false } ?? 0
            throw ApusError(
                "expected a number, found \"\((texts[row] ?? "").prefix(40))\"", at: "\(file) row \((row + 1).grouped)",
                remedy: "Mend the file, or move it away if it does not belong to the table.")
        }
        return lines
    }

    /// Throws where a file beside a table has not as many rows.
    private static func check(
        _ lines: Table, _ file: String, of table: Table, _ path: String, _ report: ReadReport, _ what: String
    ) throws {
        guard lines.rowCount == table.rowCount, report.skippedRows == 0 else {
            throw ApusError(
                "expected \(table.rowCount.grouped) \(what), one for each row of \(path), found \(lines.rowCount.grouped)",
                at: file, remedy: "Mend the file, or move it away if it does not belong to the table.")
        }
    }

    /// Adds the weights of `PATH.weight`; nil where there is no such file.
    private static func addWeights(
        beside path: String, to table: inout Table, _ report: ReadReport, in context: RunContext
    ) throws -> String? {
        let file = path + ".weight"
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        guard table.schema.index(of: "weight") == nil else {
            return "\(file) was not read: the table has a column 'weight' of its own."
        }
        guard let lines = try side(file, in: context) else { return nil }
        guard lines.columns.count == 1 else {
            throw ApusError("expected one weight a row", at: file, remedy: "Mend the file, or move it away.")
        }
        try check(lines, file, of: table, path, report, "weights")
        table = try table.adding(
            Table(Schema([Field("weight", .number, role: .weight)]), lines.columns, rowCount: lines.rowCount))
        return "The column 'weight' was read from \(file)."
    }

    /// The columns that names, positions, patterns and texts of several of them with commas between mean, each once.
    public static func columnNames(_ given: ColumnSelector, in schema: Schema, role: String) throws -> [String] {
        var names: [String] = []
        for pattern in given.patterns {
            let parts =
                schema.index(of: pattern) == nil && pattern.contains(",")
                ? pattern.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
                : [pattern]
            for part in parts {
                guard schema.index(of: part) == nil, part.contains("*") || part.hasPrefix(":") else {
                    names.append(try columnName(part, in: schema, role: role))
                    continue
                }
                let selector = ColumnSelector([part])
                let found = schema.fields.filter { selector.selects($0) }.map(\.name)
                guard !found.isEmpty else {
                    throw ApusError(
                        "no column fits '\(part)'", at: "\(role) column",
                        remedy:
                            "There are: '\(schema.names.prefix(8).joined(separator: "', '"))'\(schema.names.count > 8 ? ", …" : "").",
                        kind: .usage)
                }
                names += found
            }
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// The column that a name or a position (from 1, negative from the end) means.
    public static func columnName(_ given: String, in schema: Schema, role: String) throws -> String {
        if schema.index(of: given) != nil { return given }
        guard let position = Int(given) else { return given }
        let count = schema.fields.count
        let index = position > 0 ? position - 1 : count + position
        guard position != 0, schema.fields.indices.contains(index) else {
            throw ApusError(
                "there is no column \(given): the table has \(count)", at: "\(role) column",
                remedy: "Count from 1, or from -1 at the end.", kind: .usage)
        }
        return schema.fields[index].name
    }
}

extension Table {
    /// The columns of `other` after those of this table.
    func adding(_ other: Table) throws -> Table {
        try Table(Schema(schema.fields + other.schema.fields), columns + other.columns, rowCount: rowCount)
    }
}
