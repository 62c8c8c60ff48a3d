import ApusCore

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

    /// The whole table at `path` (`-`: standard input) and what was found while reading it.
    public static func read(
        _ path: String, reader: String? = nil, parameters: [String: JSON] = [:], schema: Schema? = nil,
        in context: RunContext
    ) throws -> (table: Table, report: ReadReport) {
        let id = reader ?? readerID(for: path, registry: context.registry)
        let plugin = try context.registry.reader(PluginReference(id, parameters))
        let stream = try plugin.open(path == "-" ? .standardInput : .file(path), schema: schema, in: context)
        return (try stream.readAll(), stream.report)
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
