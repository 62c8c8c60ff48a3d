import ApusCore

/// Turns each category into columns of 0 and 1, `NAME=label`, and each flag into one, `NAME=true`.
///
/// Labels rarer than `min_frequency`, and those beyond the `max_categories` most frequent, share the column
/// `NAME=other`. A missing value, or a label never seen in training, is counted there too, or is 0 everywhere if there
/// is no such column. Weights count as repetition.
///
/// A category of more than 256 labels that keep a column becomes one vector of its name instead, whose elements are those
/// columns: memory is in proportion to the rows. Vectors pass as they are.
public struct OneHot: Transform {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "transform.one_hot", summary: "Turn categories and flags into columns of 0 and 1",
        capabilities: [.missingValues, .categories, .text, .timestamps, .vectors], weights: .exact(tolerance: 1e-9))

    /// Which category and flag columns are encoded.
    @Parameter("Category and flag columns to encode.") public var columns = ColumnSelector([":category", ":flag"])
    /// The rarest label that keeps a column.
    @Parameter(
        "Pool labels that fewer rows than this have (below 1: a share of the rows); unset: 5 rows, or 1 % of fewer "
            + "than 500 rows.", in: .from(0))
    public var minFrequency: Double? = nil
    /// How many labels of a column keep one.
    @Parameter("Labels of one column that keep a column of their own, the most frequent ones.", in: .from(1))
    public var maxCategories = 100
    /// How a category is held.
    @Parameter(
        "Turn a category into a column a label, or into one sparse vector; auto takes the vector for more than 256 labels."
    )
    public var layout = Layout.auto

    /// How the labels of a category are held.
    public enum Layout: String, ParameterChoice {
        /// As a vector where there are many.
        case auto
        /// A number column a label.
        case columns
        /// One vector.
        case vector
    }

    private static let mostColumns = 256

    /// All parameters at their defaults.
    public init() {}

    private func encodes(_ field: Field) -> Bool {
        (field.kind == .category || field.kind == .flag) && columns.selects(field)
    }

    /// Whether a category becomes a vector; known before fitting, by the labels that it may have.
    private func isVector(_ field: Field) -> Bool {
        guard field.kind == .category else { return false }
        switch layout {
        case .auto: return min(field.categories?.count ?? 0, maxCategories) > Self.mostColumns
        case .columns: return false
        case .vector: return true
        }
    }

    /// `NAME=*` or a vector for each category, `NAME=true` for each flag, in the places of the columns they come from.
    public func plan(_ schema: Schema) throws -> Schema {
        try Schema(
            schema.fields.map { field in
                guard encodes(field) else { return field }
                if isVector(field) { return Field(field.name, .vector, role: field.role) }
                return Field("\(field.name)=\(field.kind == .flag ? "true" : "*")", .number, role: field.role)
            })
    }

    /// Learns which labels keep a column. Cost: one pass over the codes.
    public func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform {
        let table = try rows.table
        var encodings: [String: FittedOneHot.Encoding] = [:]
        for (field, column) in zip(table.schema.fields, table.columns) where encodes(field) {
            try context.checkCancellation()
            encodings[field.name] = encoding(of: column, weights: rows.weights)
            if isVector(field) { encodings[field.name]?.isVector = true }
        }
        return try FittedOneHot(inputs: table.schema, encodings: encodings)
    }

    private func encoding(of column: Column, weights: Buffer<Double>?) -> FittedOneHot.Encoding {
        guard case .category(let codes, let labels) = column.storage else {
            return FittedOneHot.Encoding(labels: ["true"], hasOther: false)
        }
        var counts = [Double](repeating: 0, count: labels.count)
        for row in codes.indices where !column.isMissing(row) { counts[Int(codes[row])] += weights?[row] ?? 1 }
        let rows = weights.map { $0.reduce(0, +) } ?? Double(codes.count)
        let least = minFrequency.map { $0 < 1 ? $0 * rows : $0 } ?? min(5, rows / 100)
        let seen = labels.indices.filter { counts[$0] > 0 }
        let frequent = seen.filter { counts[$0] >= least }
            .sorted { (counts[$0], $1) > (counts[$1], $0) }.prefix(maxCategories)
        let kept = Set(frequent)
        return FittedOneHot.Encoding(
            labels: labels.indices.filter(kept.contains).map { labels[$0] }, hasOther: kept.count < seen.count)
    }

    /// The fitted transform that `state` was saved from.
    public static func restore(_ state: State) throws -> any FittedTransform {
        let saved: FittedOneHot.Saved = try state.decode()
        return try FittedOneHot(inputs: saved.inputs, encodings: saved.encodings)
    }
}
