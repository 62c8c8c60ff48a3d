import ApusCore

/// A table with a question: what is to be learned, and which columns weigh, group and order its rows.
public struct Dataset: Sendable {
    /// What is asked of a table.
    public struct Question: Sendable {
        /// The target columns; of several, each says whether one label holds.
        public var targets: [String]
        /// The kind of answer; nil to infer it from the target.
        public var task: LearningTask?
        /// The positive label of two, in every target column; nil for the last in order.
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
            self.init(
                targets: [target], task: task, positive: positive, weight: weight, offsets: offsets, group: group,
                time: time)
        }

        /// A question about one or several columns.
        public init(
            targets: [String], task: LearningTask? = nil, positive: String? = nil, weight: String? = nil,
            offsets: [String] = [], group: String? = nil, time: String? = nil
        ) {
            self.targets = targets
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
    /// The target columns, and what stands in them.
    public private(set) var targetColumns: TargetColumns
    /// What is learned, one answer a row.
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
        let (given, aside) = try Dataset.roles(of: table.schema, question, ability: ability)
        let table = try Table(given, table.columns, rowCount: table.rowCount)
        var roles: [String: Role] = [:]
        var notes = aside
        var constant: [String] = []
        for (field, column) in zip(table.schema.fields, table.columns) where field.role == .feature {
            if column.count > 0, column.missingCount == column.count {
                roles[field.name] = .ignored
                notes.append("Column '\(field.name)' is set aside: all its values are missing.")
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
        let answers = try question.targets.map { try table.column($0) }.filter { $0.missingCount > 0 }
        let title = question.targets.count == 1 ? "the target '\(question.targets[0])'" : "every target"
        let known =
            answers.isEmpty
            ? nil : (0..<table.rowCount).filter { row in answers.allSatisfy { !$0.isMissing(row) } }
        /// The row of the given table, counted from 1, for messages.
        func number(_ row: Int) -> String { ((known.map { $0[row] } ?? row) + 1).grouped }
        var rows = table
        droppedRows = table.rowCount - (known?.count ?? table.rowCount)
        if droppedRows > 0 {
            guard droppedRows < table.rowCount else {
                throw ApusError(
                    question.targets.count == 1 ? "every value is missing" : "in every row some value is missing",
                    at: "target column '\(question.targets.joined(separator: "', '"))'",
                    remedy: "Choose another target, or check data.missing.")
            }
            rows = try table.rows(known ?? [])
            notes.append(
                droppedRows == 1
                    ? "1 row has no value in \(title) and is left out."
                    : "\(droppedRows.grouped) rows have no value in \(title) and are left out.")
        }
        (target, targetColumns, reason) = try Dataset.answers(in: rows, question)
        notes += Dataset.constantLabels(target)
        self.table = try rows.assigning(roles)
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

    /// The schema with the roles that the question gives, and notes on features of kinds that `ability` lacks, which are
    /// set aside. Throws where a column is not there, or would have two roles.
    static func roles(
        of schema: Schema, _ question: Question, ability: Set<Capability>
    ) throws -> (schema: Schema, notes: [String]) {
        var roles: [String: Role] = [:]
        for name in question.targets {
            try Dataset.require(name, in: schema, as: "target")
            guard roles.updateValue(.target, forKey: name) == nil else {
                throw ApusError("it is named twice", at: "target column '\(name)'", kind: .usage)
            }
        }
        let others = [(question.weight, Role.weight), (question.group, .group), (question.time, .time)]
        for (name, role) in others + question.offsets.map({ ($0, .offset) }) {
            guard let name else { continue }
            try Dataset.require(name, in: schema, as: role.rawValue)
            if let taken = roles.updateValue(role, forKey: name) {
                throw ApusError(
                    "it cannot be the \(role.rawValue) and the \(taken.rawValue) at once", at: "column '\(name)'",
                    kind: .usage)
            }
        }
        var notes: [String] = []
        let fields = schema.fields.map { field in
            var field = field
            if let role = roles[field.name] {
                field.role = role
            } else if field.role == .feature, let reason = Dataset.reasonToIgnore(field, ability: ability) {
                field.role = .ignored
                notes.append("Column '\(field.name)' is set aside: \(reason).")
            }
            return field
        }
        return (try Schema(fields), notes)
    }

    /// What is learned from `rows`, none of whose answers is missing, and why.
    static func answers(
        in rows: Table, _ question: Question
    ) throws -> (target: Target, columns: TargetColumns, reason: String) {
        let task = try Dataset.task(of: question)
        if task == .multilabel {
            let (target, values, reason) = try TargetEncoder.encodeLabels(
                rows, names: question.targets, positive: question.positive)
            return (target, TargetColumns(names: question.targets, task: .multilabel, values: values), reason)
        }
        let name = question.targets[0]
        let (target, reason) = try TargetEncoder.encode(
            try rows.column(name), name: name, task: task, positive: question.positive)
        let values = target.labels.isEmpty ? [] : [target.labels]
        return (target, TargetColumns(names: [name], task: target.task, values: values), reason)
    }

    /// The number of rows.
    public var count: Int { table.rowCount }

    /// The same rows with the answers as `columns`, those of an earlier training, has them. Throws where they are of
    /// another kind, or where a row has a label that is none of them.
    package func relabelled(as columns: TargetColumns) throws -> Dataset {
        let isSame = target.task == columns.task || target.task.isClassification && columns.task.isClassification
        guard isSame else {
            throw ApusError(
                "the model answers a \(columns.task.rawValue), this target is \(target.task.rawValue)",
                at: "target column '\(columns.title)'", remedy: "Set data.task to \(columns.task.rawValue).",
                kind: .usage)
        }
        guard targetColumns != columns else { return self }
        var data = self
        data.targetColumns = columns
        data.target = try columns.encode(table)
        return data
    }

    /// The task that was asked for, or that several targets leave.
    private static func task(of question: Question) throws -> LearningTask? {
        guard !question.targets.isEmpty else { throw ApusError("no target is named", kind: .usage) }
        guard question.targets.count > 1, question.task != .multilabel else { return question.task }
        guard let task = question.task else { return .multilabel }
        throw ApusError(
            "the task is \(task.rawValue), but there are \(question.targets.count.grouped) targets",
            at: "target column '\(question.targets[0])'",
            remedy: "Name one target, or leave the task out to learn all labels at once.", kind: .usage)
    }

    private static func constantLabels(_ target: Target) -> [String] {
        guard case .flags(let flags, let labels) = target else { return [] }
        return labels.indices.compactMap { label in
            let first = flags[label]
            let isConstant = stride(from: label, to: flags.count, by: labels.count).allSatisfy { flags[$0] == first }
            return isConstant ? "The label '\(labels[label])' holds in \(first == 0 ? "no" : "every") row." : nil
        }
    }

    private static func require(_ name: String, in schema: Schema, as role: String) throws {
        guard schema.index(of: name) == nil else { return }
        throw ApusError(
            "there is no column '\(name)'", at: "\(role) column",
            remedy: Nearest.suggestion(for: name, among: schema.names))
    }

    private static func reasonToIgnore(_ field: Field, ability: Set<Capability>) -> String? {
        if field.kind == .text, !ability.contains(.text) {
            return
                "free text needs a transform such as hash_text, or declare it as in --set data.kinds.\(field.name)=category"
        }
        if field.kind == .timestamp, !ability.contains(.timestamps) { return "a timestamp needs a transform for it" }
        return nil
    }

    static func weights(
        _ name: String, in table: Table, _ number: (Int) -> String
    ) throws -> Buffer<Double> {
        let place = "weight column '\(name)'"
        guard let values = try table.column(name).doubles, try table.column(name).kind == .number else {
            throw ApusError("it holds no numbers", at: place, remedy: "Weights are numbers that are not negative.")
        }
        // Their sums, and their products with squares, have to stay finite.
        if let row = values.firstIndex(where: { !(0...1e100).contains($0) }) {
            throw ApusError(
                "found \(values[row].isNaN ? "a missing value" : Column.text(values[row]))",
                at: "\(place) row \(number(row))",
                remedy: "Weights are numbers from 0 to 1e100.")
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
