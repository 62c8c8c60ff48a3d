/// What a column's values mean.
public enum ColumnKind: String, Sendable, Codable, CaseIterable {
    /// A quantity: Double, Float or Int64.
    case number
    /// True or false.
    case flag
    /// One of a set of labels.
    case category
    /// Free text.
    case text
    /// A point in time: microseconds since 1970-01-01 UTC.
    case timestamp
    /// Many numbers a row, most of them 0, such as the counts of hashed words.
    case vector
}

/// What a column is for.
public enum Role: String, Sendable, Codable, CaseIterable {
    /// Input of the model.
    case feature
    /// What is learned.
    case target
    /// How much a row counts.
    case weight
    /// Rows with the same value stay on one side of a split.
    case group
    /// Orders the rows for a split by time.
    case time
    /// Names a row; never learned from.
    case identifier
    /// Set aside.
    case ignored
    /// Is added to a row's score before the link.
    case offset
}
