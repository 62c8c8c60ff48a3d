import ApusCore

/// The columns that hold the answer, and what stands in them: what it takes to read the truth from another table.
public struct TargetColumns: Sendable, Codable, Equatable {
    /// The columns; several only for a multilabel answer.
    public var names: [String]
    /// The kind of answer.
    public var task: LearningTask
    /// For a class the labels of the column, in the order of their codes; for several labels at once of each column the
    /// value where the label does not hold and the one where it does; none for a number.
    public var values: [[String]]

    /// Columns with what stands in them.
    public init(names: [String], task: LearningTask, values: [[String]] = []) {
        self.names = names
        self.task = task
        self.values = values
    }

    /// The names in one text.
    public var title: String { names.joined(separator: ", ") }

    /// The fields as a reader has to know them to keep what is written.
    public var fields: [Field] { names.map { Field($0, task == .regression ? .number : .category, role: .target) } }

    /// The truth in `table`, none of it missing. `rows` are the positions that its rows had in the file, for messages.
    /// Throws where a value was never seen in training.
    package func encode(_ table: Table, rows: [Int]? = nil) throws -> Target {
        func encoded(_ column: Int) throws -> Target {
            try TargetEncoder.encode(
                try table.column(names[column]), labels: task == .regression ? [] : values[column],
                name: names[column], rows: rows)
        }
        guard task == .multilabel else { return try encoded(0) }
        return TargetColumns.flags(try names.indices.map { try encoded($0) }, names: names)
    }

    /// Classes of two, column by column, as one target of flags.
    static func flags(_ columns: [Target], names: [String]) -> Target {
        let rows = columns.first?.count ?? 0
        return .flags(
            Buffer(count: rows * columns.count) { flags in
                for (label, column) in columns.enumerated() {
                    guard case .classes(let codes, _) = column else { continue }
                    for row in 0..<rows { flags[row * columns.count + label] = UInt8(truncatingIfNeeded: codes[row]) }
                }
            }, labels: names)
    }
}
