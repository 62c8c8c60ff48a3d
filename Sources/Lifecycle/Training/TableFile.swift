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
    /// it, a number a row as LightGBM reads it, becomes the column `weight`, unless the table has one.
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
        return (table, report)
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
        let lines = try context.registry.reader(
            PluginReference("reader.csv", ["header": "false", "kinds": ["c1": "number"]])
        ).open(.file(file), schema: nil, in: context).readAll()
        guard lines.columns.count == 1, lines.rowCount == table.rowCount, report.skippedRows == 0 else {
            throw ApusError(
                "expected \(table.rowCount.grouped) weights, one for each row of \(path), found \(lines.rowCount.grouped)",
                at: file, remedy: "Mend the file, or move it away if it does not belong to the table.")
        }
        table = try Table(
            Schema(table.schema.fields + [Field("weight", .number, role: .weight)]), table.columns + lines.columns)
        return "The column 'weight' was read from \(file)."
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
