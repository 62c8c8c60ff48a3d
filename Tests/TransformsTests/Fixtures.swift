import ApusCore

/// Training rows of these columns, without targets.
func rows(_ table: Table, weights: [Double]? = nil) -> TrainingRows {
    TrainingRows(
        .table(table), targets: nil, weights: weights.map { Buffer($0) },
        rowIDs: Buffer((0..<table.rowCount).map(Int64.init)))
}

/// The numbers of a column, nil where one is missing.
func numbers(_ table: Table, _ name: String) throws -> [Double?] {
    let column = try table.column(name)
    guard let values = column.doubles else { return [] }
    return values.indices.map { column.isMissing($0) ? nil : values[$0] }
}

/// The values of a column as texts.
func texts(_ table: Table, _ name: String) throws -> [String?] {
    let column = try table.column(name)
    return (0..<column.count).map { column.text($0) }
}

/// Every promise that a fitted transform makes, on any table.
func delivers(_ fitted: any FittedTransform, _ table: Table) throws -> Bool {
    try fitted.apply(table).schema == fitted.outputs
}
