import ApusCore

/// The numbers of a table as naive Bayes takes them: columns of doubles, categories as codes, NaN where a value is missing
/// and may be; and vectors. All numbers of a row together, in the schema's order, are its elements.
struct BayesFeatures {
    /// The columns that are one number a row.
    let columns: [Buffer<Double>]
    /// Where each of them stands among the elements.
    let places: [Int]
    /// The vectors, and where the elements of each start.
    let vectors: [(start: Int, rows: SparseRows)]
    /// The number of elements.
    let width: Int

    /// Throws where a column is of a kind that is not taken, or, where that `isChecked`, a value is not finite.
    init(_ table: Table, for id: String, takesMissing: Bool, isChecked: Bool = true) throws {
        var (columns, places): ([Buffer<Double>], [Int]) = ([], [])
        var vectors: [(start: Int, rows: SparseRows)] = []
        var start = 0
        for (field, column) in zip(table.schema.fields, table.columns) {
            // Without missing values no category is counted, and a vector is.
            if let rows = column.vectors, !takesMissing {
                if column.missingCount > 0, let row = (0..<column.count).first(where: column.isMissing) {
                    throw ApusError(
                        "a value is missing", at: "column '\(field.name)' row \((row + 1).grouped)",
                        remedy: "Add transform.impute before it.")
                }
                vectors.append((start, rows))
            } else {
                let values = try BayesFeatures.numbers(field, column, for: id, takesMissing: takesMissing)
                if isChecked { try BayesRows.refuseNonFinite(values, field.name, takesMissing: takesMissing) }
                columns.append(values)
                places.append(start)
            }
            start += field.elements
        }
        self.columns = columns
        self.places = places
        self.vectors = vectors
        width = start
    }

    private static func numbers(
        _ field: Field, _ column: Column, for id: String, takesMissing: Bool
    ) throws -> Buffer<Double> {
        guard field.kind != .text, field.kind != .timestamp, takesMissing || field.kind != .category,
            let values = column.doubles
        else {
            let remedies: [ColumnKind: String] = [
                .category: "Add transform.one_hot before it.", .vector: "Add transform.expand before it.",
            ]
            throw ApusError(
                "\(id) does not take a \(field.kind.rawValue) column", at: "column '\(field.name)'",
                remedy: remedies[field.kind] ?? "Ignore the column.", kind: .usage)
        }
        return values
    }
}
