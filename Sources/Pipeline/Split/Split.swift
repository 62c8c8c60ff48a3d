import ApusCore

/// Divides rows before anything is fitted.
public struct Split: Sendable, Configurable {
    /// How rows are assigned.
    public enum Strategy: String, ParameterChoice {
        /// By time if there is a time column, else by group if there is a group column, else stratified for classes,
        /// else random.
        case auto
        /// Each row by chance.
        case random
        /// By chance, with the same share of each class, or of each set of labels, on both sides.
        case stratified
        /// The latest rows are held out.
        case time
        /// Whole groups by chance.
        case group
    }

    /// How rows are assigned.
    @Parameter("How rows are divided: by chance, by class, by time, by group; auto picks from the columns given.")
    public var strategy = Strategy.auto
    /// The share of rows held out for the test.
    @Parameter("Share of the rows that is held out for the test.", in: .between(0, 1))
    public var testFraction = 0.2
    /// The share of the other rows that is kept for validation.
    @Parameter("Share of the remaining rows for validation, taken only when something needs it.", in: .between(0, 1))
    public var validationFraction = 0.2

    /// split
    public static var configurationName: String { "split" }

    /// The defaults.
    public init() {}

    /// Rows to fit on, rows to test on, and what was done.
    public struct Parts: Sendable {
        /// To fit on; the validation part, if one was wanted, is inside.
        public let training: TrainingRows
        /// To evaluate on.
        public let test: HeldOutRows
        /// What was done.
        public let report: Report
    }

    /// What a split did.
    public struct Report: Sendable, Codable, Equatable {
        /// The strategy that was used; `file` if the test rows were given.
        public var strategy: String
        /// The seed of chance.
        public var seed: UInt64
        /// Rows in each part.
        public var train: Int
        /// Rows in each part.
        public var validation: Int
        /// Rows in each part.
        public var test: Int
        /// Rows that equal an earlier row; nil where rows came as a stream, of which they are not counted.
        public var duplicates: Int?
        /// Whether equal rows were kept on one side.
        public var duplicatesTogether: Bool
        /// What the user should know.
        public var notes: [String]
    }

    /// Divides `data`. With `test`, all of `data` is for fitting; with `validationRows`, none of them is kept for
    /// validation. Throws where a part would be empty.
    public func divide(
        _ data: Dataset, test given: HeldOutRows? = nil, validation: Bool, validationRows: HeldOutRows? = nil,
        seed: UInt64
    ) throws -> Parts {
        let strategy = try resolve(for: data)
        guard data.count >= (given == nil ? 2 : 1) else {
            throw ApusError(
                "there \(data.count == 1 ? "is one row" : "are no rows")", at: "split",
                remedy: "At least two rows are needed to hold one out for the test.")
        }
        var units = try Units(data, strategy: strategy)
        let random = CounterRandom(seed: seed, purpose: "split.test")
        let everything = Array(0..<data.count)
        let (rest, held) =
            given == nil ? units.hold(testFraction, of: everything, random) : (everything, [])
        guard given != nil || !held.isEmpty && !rest.isEmpty else { throw emptyPart("test", strategy, units) }
        var (fitted, kept) = (rest, [Int]())
        let validation = validation && validationRows == nil
        if validation {
            (fitted, kept) = units.hold(
                validationFraction, of: rest, CounterRandom(seed: seed, purpose: "split.validation"))
            if kept.isEmpty || fitted.isEmpty { (fitted, kept) = (rest, []) }
        }
        if validation, kept.isEmpty { units.notes.append("There are too few rows for a validation part.") }
        let known = try knownLabels(data.table.filter { $0.role == .feature }, in: fitted)
        let features = known.table
        units.notes += known.unseen.sorted { $0.key < $1.key }.map {
            "Column '\($0.key)': \($0.value.grouped) held-out value\($0.value == 1 ? "" : "s") with a label that no training row has count\($0.value == 1 ? "s" : "") as missing."
        }
        func part(_ rows: [Int], validation: TrainingRows? = nil) throws -> TrainingRows {
            TrainingRows(
                .table(try features.rows(rows)), targets: [data.target.rows(rows)],
                weights: data.weights.map { weights in Buffer(rows.map { weights[$0] }) },
                groups: data.groups?.rows(rows), times: data.times?.rows(rows), offsets: data.offsets?.rows(rows),
                rowIDs: Buffer(rows.map(Int64.init)),
                validation: validation)
        }
        let keptPart =
            try validationRows.map { rows in
                TrainingRows(
                    .table(try features.schema.align(rows.table)), targets: [rows.target], weights: rows.weights,
                    offsets: rows.offsets, rowIDs: Buffer((0..<rows.count).map { Int64(data.count + $0) }))
            } ?? (kept.isEmpty ? nil : try part(kept))
        let test =
            try given
            ?? HeldOutRows(
                table: features.rows(held), target: data.target.rows(held),
                weights: data.weights.map { weights in Buffer(held.map { weights[$0] }) },
                offsets: data.offsets?.rows(held))
        units.countCrossings(fitted + kept, held)
        if let given { units.notes += try commonRows(features, given.table) }
        if let validationRows { units.notes += try commonRows(features, validationRows.table, "validation") }
        return Parts(
            training: try part(fitted, validation: keptPart), test: test,
            report: Report(
                strategy: given == nil ? strategy.rawValue : "file", seed: seed, train: fitted.count,
                validation: keptPart?.count ?? 0, test: test.count, duplicates: units.duplicates,
                duplicatesTogether: units.duplicatesTogether, notes: units.notes))
    }

    /// Says how many rows of a file of its own have the features of a row that was fitted on.
    private func commonRows(_ features: Table, _ test: Table, _ part: String = "test") throws -> [String] {
        let known = Set(RowHash.hashes(of: features))
        let common = RowHash.hashes(of: try features.schema.align(test)).count { known.contains($0) }
        return common == 0
            ? []
            : [
                "\(common.grouped) \(part) row\(common == 1 ? " has" : "s have") the features of a row that was fitted on."
            ]
    }

    /// The table with the labels that the fitted rows have: what only other rows hold is unseen, as it will be later.
    private func knownLabels(_ table: Table, in rows: [Int]) throws -> Schema.Alignment {
        var fields = table.schema.fields
        for (position, column) in table.columns.enumerated() {
            guard case .category(let codes, let dictionary) = column.storage else { continue }
            var isKnown = [Bool](repeating: false, count: dictionary.count)
            for row in rows where !column.isMissing(row) { isKnown[Int(codes[row])] = true }
            fields[position].categories = zip(dictionary, isKnown).filter(\.1).map(\.0)
        }
        return try Schema(fields).alignment(of: table)
    }

    private func resolve(for data: Dataset) throws -> Strategy {
        switch strategy {
        case .auto:
            if data.times != nil { return .time }
            if data.groups != nil { return .group }
            return data.target.task == .regression ? .random : .stratified
        case .time where data.times == nil, .group where data.groups == nil:
            throw ApusError(
                "the strategy '\(strategy.rawValue)' needs a \(strategy.rawValue) column", at: "split.strategy",
                remedy: "Name it with data.\(strategy.rawValue) or --\(strategy.rawValue).", kind: .usage)
        case .stratified where data.target.task == .regression:
            throw ApusError(
                "a stratified split needs classes, the target is a number", at: "split.strategy",
                remedy: "Use 'random'.", kind: .usage)
        default: return strategy
        }
    }

    private func emptyPart(_ part: String, _ strategy: Strategy, _ units: Units) -> ApusError {
        ApusError(
            "the \(part) part would be empty: \(units.count.grouped) \(units.name) cannot be divided",
            at: "split", remedy: "Give more data, another split.strategy, or a test file.")
    }
}

/// Rows that nothing was fitted on, with the truth.
public struct HeldOutRows: Sendable {
    /// The features.
    public let table: Table
    /// The truth.
    public let target: Target
    /// How much each row counts.
    public let weights: Buffer<Double>?
    /// What is added to each row's scores, `(rows, scores)`.
    public let offsets: Matrix<Double>?

    /// Rows from a file of their own.
    public init(table: Table, target: Target, weights: Buffer<Double>? = nil, offsets: Matrix<Double>? = nil) {
        self.table = table
        self.target = target
        self.weights = weights
        self.offsets = offsets
    }

    /// The number of rows.
    public var count: Int { table.rowCount }
}
