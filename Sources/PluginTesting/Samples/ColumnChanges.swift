import ApusCore

/// Tables that differ in their columns from those a plugin was fitted on.
enum ColumnChanges {
    /// The columns backwards, with one more in the middle.
    static func reordered(_ table: Table) throws -> Table {
        var columns = zip(table.schema.names, table.columns).map { (name: $0, column: $1) }.reversed() as Array
        let extra = Column((0..<table.rowCount).map { Double($0) })
        columns.insert(("extra", extra), at: columns.count / 2)
        return try Table(columns)
    }

    /// One column replaced by words.
    static func withText(in name: String, _ table: Table) throws -> Table {
        let words = Column(texts: [String?](repeating: "word", count: table.rowCount))
        return try replacing(table, by: words) { $0.name == name }
    }

    /// Every category column replaced by one whose labels are all new.
    static func withUnseenLabels(_ table: Table) throws -> Table {
        let labels = Column(categories: [String?](repeating: "never seen", count: table.rowCount))
        return try replacing(table, by: labels) { $0.kind == .category }
    }

    private static func replacing(
        _ table: Table, by column: Column, where isReplaced: (Field) -> Bool
    ) throws -> Table {
        try Table(
            zip(table.schema.fields, table.columns).map { field, old in
                (name: field.name, column: isReplaced(field) ? column : old)
            })
    }
}
