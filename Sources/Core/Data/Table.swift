/// Named columns of equal length. Immutable; copying shares the memory.
public struct Table: Sendable {
    /// Names, kinds and roles.
    public let schema: Schema
    /// The columns, in the schema's order.
    public let columns: [Column]
    /// The number of rows.
    public let rowCount: Int

    /// A table; throws where lengths or kinds differ. `rowCount` is needed only for a table without columns.
    public init(_ schema: Schema, _ columns: [Column], rowCount: Int? = nil) throws {
        guard schema.fields.count == columns.count else {
            throw ApusError("the schema has \(schema.fields.count) columns, the table \(columns.count)", kind: .plugin)
        }
        let rows = rowCount ?? columns.first?.count ?? 0
        for (field, column) in zip(schema.fields, columns) {
            guard column.count == rows else {
                throw ApusError(
                    "it has \(column.count) rows, the table \(rows)", at: "column '\(field.name)'",
                    remedy: "Columns of one table have the same length.")
            }
            guard column.kind == field.kind else {
                throw ApusError(
                    "the schema says \(field.kind.rawValue), the values are \(column.kind.rawValue)",
                    at: "column '\(field.name)'", kind: .plugin)
            }
            if let vectors = column.vectors, vectors.width != field.width {
                throw ApusError(
                    "the schema says \(field.width?.grouped ?? "no width"), the rows have \(vectors.width.grouped) numbers",
                    at: "column '\(field.name)'", kind: .plugin)
            }
        }
        self.schema = schema
        self.columns = columns
        self.rowCount = rows
    }

    /// A table of feature columns whose schema follows from them.
    public init(_ columns: KeyValuePairs<String, Column>) throws {
        try self.init(columns.map { ($0.key, $0.value) })
    }

    /// A table of feature columns whose schema follows from them.
    public init(_ columns: [(name: String, column: Column)]) throws {
        try self.init(Schema(columns.map { Field($0.name, for: $0.column) }), columns.map(\.column))
    }

    /// The column of this name, if there is one.
    public subscript(name: String) -> Column? { schema.index(of: name).map { columns[$0] } }

    /// The column of this name; the error names the nearest one.
    public func column(_ name: String) throws -> Column { columns[try schema.position(of: name)] }

    /// The columns for which `isIncluded` holds.
    public func filter(_ isIncluded: (Field) throws -> Bool) throws -> Table {
        let kept = try schema.fields.indices.filter { try isIncluded(schema.fields[$0]) }
        return try Table(Schema(kept.map { schema.fields[$0] }), kept.map { columns[$0] }, rowCount: rowCount)
    }

    /// The rows at `indices`, in that order.
    public func rows(_ indices: [Int]) throws -> Table {
        if indices.count == rowCount, indices.indices.allSatisfy({ indices[$0] == $0 }) { return self }
        return try Table(schema, columns.map { $0.rows(indices) }, rowCount: indices.count)
    }

    /// The rows in `range`, without a copy.
    public func slice(_ range: Range<Int>) throws -> Table {
        try Table(schema, columns.map { $0.slice(range) }, rowCount: range.count)
    }

    /// The same columns with other roles, by name; names that are not there are an error.
    public func assigning(_ roles: [String: Role]) throws -> Table {
        var fields = schema.fields
        for (name, role) in roles { fields[try schema.position(of: name)].role = role }
        return try Table(Schema(fields), columns, rowCount: rowCount)
    }
}

extension Field {
    /// A feature field that fits `column`, its labels included.
    public init(_ name: String, for column: Column, role: Role = .feature) {
        if case .category(_, let dictionary) = column.storage {
            self.init(name, .category, role: role, categories: dictionary)
        } else {
            self.init(name, column.kind, role: role, width: column.vectors?.width)
        }
    }
}
