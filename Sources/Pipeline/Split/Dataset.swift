import ApusCore

/// A table with a question: what is to be learned, and which columns weigh, group and order its rows.
public struct Dataset: Sendable {
    /// What is asked of a table.
    public struct Question: Sendable {
        /// The target column.
        public var target: String
        /// The kind of answer; nil to infer it from the target.
        public var task: LearningTask?
        /// The positive label of two; nil for the last in order.
        public var positive: String?
        /// The column that weighs rows.
        public var weight: String?
        /// The columns that are added to the scores, one a score.
        public var offsets: [String]
        /// The column whose equal values stay together.
        public var group: String?
        /// The column that orders rows.
        public var time: String?

        /// A question about `target`.
        public init(
            target: String, task: LearningTask? = nil, positive: String? = nil, weight: String? = nil,
            offsets: [String] = [], group: String? = nil, time: String? = nil
        ) {
            self.target = target
            self.task = task
            self.positive = positive
            self.weight = weight
            self.offsets = offsets
            self.group = group
            self.time = time
        }
    }

    /// All columns, with roles, without the rows whose target is missing.
    public let table: Table
    /// The target column's name.
    public let targetName: String
    /// What is learned, one value a row.
    public private(set) var target: Target
    /// Why the task was chosen, a clause.
    public let reason: String
    /// How much each row counts.
    public let weights: Buffer<Double>?
    /// What is added to each row's scores, `(rows, scores)`.
    public let offsets: Matrix<Double>?
    /// The group of each row.
    public let groups: Column?
    /// The time of each row.
    public let times: Column?
    /// Rows left out because their target is missing.
    public let droppedRows: Int
    /// What the user should know.
    public let notes: [String]

    /// Assigns roles, infers the task, encodes the target. `ability` says what the pipeline takes; feature columns of
    /// other kinds are set aside with a note. Throws where the target is not there, constant, or does not fit the task.
    public init(_ table: Table, _ question: Question, ability: Set<Capability> = []) throws {
        let targetPosition = try Dataset.require(question.target, in: table, as: "target")
        var roles: [String: Role] = [question.target: .target]
        let others = [(question.weight, Role.weight), (question.group, .group), (question.time, .time)]
        for (name, role) in others + question.offsets.map({ ($0, .offset) }) {
            guard let name else { continue }
            _ = try Dataset.require(name, in: table, as: role.rawValue)
            if let taken = roles.updateValue(role, forKey: name) {
                throw ApusError(
                    "it cannot be the \(role.rawValue) and the \(taken.rawValue) at once", at: "column '\(name)'",
                    kind: .usage)
            }
        }
        var notes: [String] = []
        var constant: [String] = []
        for (field, column) in zip(table.schema.fields, table.columns) where roles[field.name] == nil {
            guard field.role == .feature else { continue }
            if let reason = Dataset.reasonToIgnore(field, column, ability: ability) {
                roles[field.name] = .ignored
                notes.append("Column '\(field.name)' is set aside: \(reason).")
            } else if column.isConstant {
                constant.append("'\(field.name)'")
            }
        }
        if !constant.isEmpty {
            let more = constant.count > 5 ? " and \((constant.count - 5).grouped) more" : ""
            notes.append(
                "Column\(constant.count == 1 ? "" : "s") \(constant.prefix(5).joined(separator: ", "))\(more) "
                    + "\(constant.count == 1 ? "has" : "have each") the same value in every row.")
        }
        let answers = table.columns[targetPosition]
        let known = answers.missingCount == 0 ? nil : (0..<table.rowCount).filter { !answers.isMissing($0) }
        /// The row of the given table, counted from 1, for messages.
        func number(_ row: Int) -> String { ((known.map { $0[row] } ?? row) + 1).grouped }
        var rows = table
        droppedRows = answers.missingCount
        if droppedRows > 0 {
            guard droppedRows < table.rowCount else {
                throw ApusError(
                    "every value is missing", at: "target column '\(question.target)'",
                    remedy: "Choose another target, or check data.missing.")
            }
            rows = try table.rows(known ?? [])
            notes.append(
                "\(droppedRows.grouped) rows have no value in the target '\(question.target)' and are left out.")
        }
        (target, reason) = try TargetEncoder.encode(
            rows.columns[targetPosition], name: question.target, task: question.task, positive: question.positive)
        self.table = try rows.assigning(roles)
        targetName = question.target
        weights = try question.weight.map { try Dataset.weights($0, in: rows, number) }
        offsets =
            question.offsets.isEmpty ? nil : try Dataset.offsets(question.offsets, in: rows, number)
        groups = try question.group.map { try rows.column($0) }
        times = try question.time.map { try Dataset.times($0, in: rows, number) }
        self.notes = notes
        if self.table.schema.features.fields.isEmpty {
            let reason = notes.first.map { ": \($0.dropLast())" } ?? ""
            throw ApusError(
                "no column is left to learn from\(reason)",
                remedy: "Give the table at least one column of numbers, flags or categories beside the target.")
        }
    }

    /// The number of rows.
    public var count: Int { table.rowCount }

    /// The same rows with the labels of `outputs` for classes, in their order. Throws where the answers are of another
    /// kind, or where a row has a label that is none of them.
    package func relabelled(as outputs: Prediction.Schema) throws -> Dataset {
        let isSame = target.task == outputs.task || target.task.isClassification && outputs.task.isClassification
        guard isSame else {
            throw ApusError(
                "the model answers a \(outputs.task.rawValue), this target is \(target.task.rawValue)",
                at: "target column '\(targetName)'", remedy: "Set data.task to \(outputs.task.rawValue).", kind: .usage)
        }
        guard target.labels != outputs.labels else { return self }
        var data = self
        data.target = try TargetEncoder.encode(
            try table.column(targetName), labels: outputs.labels, name: targetName)
        return data
    }

    private static func require(_ name: String, in table: Table, as role: String) throws -> Int {
        if let position = table.schema.index(of: name) { return position }
        throw ApusError(
            "there is no column '\(name)'", at: "\(role) column",
            remedy: Nearest.suggestion(for: name, among: table.schema.names))
    }

    private static func reasonToIgnore(_ field: Field, _ column: Column, ability: Set<Capability>) -> String? {
        if field.kind == .text, !ability.contains(.text) { return "free text needs a transform for it" }
        if field.kind == .timestamp, !ability.contains(.timestamps) { return "a timestamp needs a transform for it" }
        if column.count > 0, column.missingCount == column.count { return "all its values are missing" }
        return nil
    }

    private static func weights(
        _ name: String, in table: Table, _ number: (Int) -> String
    ) throws -> Buffer<Double> {
        let place = "weight column '\(name)'"
        guard let values = try table.column(name).doubles, try table.column(name).kind == .number else {
            throw ApusError("it holds no numbers", at: place, remedy: "Weights are numbers that are not negative.")
        }
        if let row = values.firstIndex(where: { !($0 >= 0) || $0.isInfinite }) {
            throw ApusError(
                "found \(values[row].isNaN ? "a missing value" : Column.text(values[row]))",
                at: "\(place) row \(number(row))",
                remedy: "Weights are finite numbers that are not negative.")
        }
        guard values.contains(where: { $0 > 0 }) else {
            throw ApusError("all weights are zero", at: place, remedy: "At least one row has to count.")
        }
        return values
    }

    /// The columns side by side; throws where one is not there, or holds what is no finite number. `number` is what a
    /// row is called in messages.
    package static func offsets(
        _ names: [String], in table: Table, _ number: (Int) -> String = { ($0 + 1).grouped }
    ) throws -> Matrix<Double> {
        let columns = try names.map { name in
            let place = "offset column '\(name)'"
            guard let values = try table.column(name).doubles, try table.column(name).kind == .number else {
                throw ApusError("it holds no numbers", at: place, remedy: "Offsets are numbers in the unit of scores.")
            }
            if let row = values.firstIndex(where: { !$0.isFinite }) {
                throw ApusError(
                    "found \(values[row].isNaN ? "a missing value" : Column.text(values[row]))",
                    at: "\(place) row \(number(row))", remedy: "Offsets are finite numbers; 0 adds nothing.")
            }
            return values
        }
        return Matrix(rows: table.rowCount, columns: columns.count) { target in
            for (position, values) in columns.enumerated() {
                for row in values.indices { target[row * columns.count + position] = values[row] }
            }
        }
    }

    private static func times(_ name: String, in table: Table, _ number: (Int) -> String) throws -> Column {
        let column = try table.column(name)
        let place = "time column '\(name)'"
        guard column.kind == .timestamp || column.kind == .number else {
            throw ApusError(
                "expected timestamps or numbers, found \(column.kind.rawValue)", at: place,
                remedy: "Write times as in 2026-01-31T12:00:00Z.")
        }
        if let row = (0..<column.count).first(where: { column.isMissing($0) }) {
            throw ApusError(
                "the time is missing", at: "\(place) row \(number(row))",
                remedy: "Fill it in, or leave the row out.")
        }
        return column
    }
}
