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
}
