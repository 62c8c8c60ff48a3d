/// What a column is to be, and who says so.
struct CSVDeclaration: Sendable {
    /// Who says so.
    enum Origin: Sendable {
        /// The user, by the parameter `kinds`.
        case user
        /// The schema that the source is read with.
        case schema
        /// Nobody: the schema does not name the column, so its cells are kept as they stand.
        case unnamed
    }

    let kind: CSVKind
    let origin: Origin

    /// What to do about a cell that does not fit: a column that a model knows cannot be declared anew.
    func remedy(for value: String) -> String {
        origin == .schema
            ? "The model was fitted on a \(kind.rawValue) column of this name; mend the cell, or add it to data.missing."
            : "Declare it categorical, or add \(value) to data.missing."
    }
}
