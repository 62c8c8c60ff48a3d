import ApusCore

/// A stream with a question, after one pass over it: what is learned, and which rows are for fitting and for the test.
///
/// Rows are divided by a hash of their features and target, or of their group, so that equal rows stay on one side
/// without being compared. Memory: about 50 bytes a row beside one batch; the features stay where they are.
package struct StreamedDataset: Sendable {
    /// All rows.
    package let stream: any TableStream
    /// What is learned from, with the labels that rows for fitting have.
    package let features: Schema
    /// The target columns, and what stands in them.
    package let targetColumns: TargetColumns
    /// Why the task was chosen, a clause.
    package let reason: String
    /// The answers of all rows that have one, for fitting and for the test.
    package let target: Target
    /// Rows read.
    package let rowCount: Int
    /// Missing cells of each column.
    package let missing: [Int]
    /// As `Table.contentDigest`.
    package let digest: String
    /// How rows were divided.
    package let report: Split.Report
    /// What the user should know.
    package let notes: [String]
    private let weights: Buffer<Double>?
    /// The rows in each part, in order, and the place of each among the answers.
    private let training: Part
    private let test: Part

    private struct Part {
        var rows: [Int64] = []
        var answers: [Int32] = []
    }

    private static let batchRows = 65_536

    /// Reads the stream once. `schema` gives its columns roles; with `hasTest`, all rows are for fitting. Throws where the
    /// target is not there or constant, where rows have to be compared to be divided, or where a part is empty.
    package init(
        _ stream: any TableStream, _ question: Dataset.Question, schema given: Schema, ability: Set<Capability>,
        split: Split, hasTest: Bool, in context: RunContext
    ) throws {
        self.stream = stream
        var (schema, notes) = try Dataset.roles(of: given, question, ability: ability)
        try StreamedDataset.refuseOrder(question, split, hasTest: hasTest)
        var pass = Pass(schema, question, hasTest ? 0 : split.testFraction, seed: context.seed)
        try stream.rewind()
        while let batch = try stream.next(columns: nil, rows: Self.batchRows) {
            try context.checkCancellation()
            try pass.take(Table(schema, batch.columns, rowCount: batch.rowCount))
        }
        rowCount = pass.rowCount
        missing = pass.missing
        digest = pass.digest.digest()
        (training, test) = (pass.training, pass.test)
        guard !pass.answers.isEmpty else {
            throw ApusError(
                "every value is missing", at: "target column '\(question.targets.joined(separator: "', '"))'",
                remedy: "Choose another target, or check data.missing.")
        }
        let answers = try Table(joining: pass.answers)
        if answers.rowCount < rowCount {
            notes.append("\((rowCount - answers.rowCount).grouped) rows have no value in the target and are left out.")
        }
        (target, targetColumns, reason) = try Dataset.answers(in: answers, question)
        weights = try question.weight.map { try Dataset.weights($0, in: answers) { ($0 + 1).grouped } }
        for (position, field) in schema.fields.enumerated() where field.role == .feature {
            var field = field
            if missing[position] == rowCount {
                notes.append("Column '\(field.name)' is set aside: all its values are missing.")
                field.role = .ignored
            } else if let isKnown = pass.isKnown[position] {
                field.categories = zip(field.categories ?? [], isKnown).filter(\.1).map(\.0)
            }
            schema = try schema.replacing(position, by: field)
        }
        features = schema.features
        guard !features.fields.isEmpty else { throw ApusError("no column is left to learn from") }
        for (part, name) in [(training, "training")] + (hasTest ? [] : [(test, "test")]) where part.rows.isEmpty {
            throw ApusError(
                "the \(name) part would be empty", at: "split",
                remedy: "Too few rows differ; give more data, another split.test_fraction, or a test file.")
        }
        self.notes = notes
        let unit =
            question.group == nil ? "what stands in them, so that equal rows" : "their group, so that equal groups"
        report = Split.Report(
            strategy: hasTest ? "file" : "hash", seed: context.seed, train: training.rows.count, validation: 0,
            test: test.rows.count, duplicates: nil, duplicatesTogether: !hasTest,
            notes: hasTest ? [] : ["Rows are divided by a hash of \(unit) stay on one side."])
    }

    /// What divides rows by comparing them needs them all.
    private static func refuseOrder(_ question: Dataset.Question, _ split: Split, hasTest: Bool) throws {
        let isByTime = split.strategy == .time || split.strategy == .auto && question.time != nil
        guard !hasTest, isByTime || split.strategy == .stratified else { return }
        throw ApusError(
            "a stream cannot be divided by \(isByTime ? "time" : "class"): that looks at all rows at once",
            at: "split.strategy",
            remedy: isByTime
                ? "Cut the latest rows off into a file of their own and give it with --test."
                : "Use 'random', or give a test file.", kind: .usage)
    }

    /// The error for a source whose rows are no longer those of the first pass.
    static func changed(_ stream: any TableStream) -> ApusError {
        ApusError("the rows are no longer those of the first pass", remedy: "Was the file changed meanwhile?")
    }

    private func bits(_ part: Part, _ isIncluded: (Int64) -> Bool = { _ in true }) -> Bitmap {
        var bits = [UInt8](repeating: 0, count: (rowCount + 7) / 8)
        for row in part.rows where isIncluded(row) { bits[Int(row >> 3)] |= 1 << UInt8(row & 7) }
        return Bitmap(bytes: Buffer(bits), count: rowCount)
    }

    private func rows(_ part: Part, _ places: [Int]) -> (target: Target, weights: Buffer<Double>?, ids: Buffer<Int64>) {
        let answers = places.map { Int(part.answers[$0]) }
        return (
            target.rows(answers), weights.map { weights in Buffer(answers.map { weights[$0] }) },
            Buffer(places.map { part.rows[$0] })
        )
    }

    /// All rows for fitting, as a stream.
    package func trainingRows() -> TrainingRows {
        let (target, weights, ids) = rows(training, Array(training.rows.indices))
        return TrainingRows(
            .stream(SelectedStream(stream, bits(training), features)), targets: [target], weights: weights, rowIDs: ids)
    }

    /// At most about `most` rows for fitting, drawn evenly, in memory.
    package func sample(_ most: Int, seed: UInt64) throws -> TrainingRows {
        let (chosen, isChosen) = drawn(training, most, "stream.sample", seed)
        let (target, weights, ids) = rows(training, chosen)
        let selected = SelectedStream(stream, bits(training, isChosen), features)
        try selected.rewind()
        return TrainingRows(.table(try selected.readAll()), targets: [target], weights: weights, rowIDs: ids)
    }

    /// At most about `most` rows for the test, drawn evenly, as a stream with the truth.
    package func testRows(_ most: Int, seed: UInt64) -> (
        stream: any TableStream, target: Target, weights: Buffer<Double>?
    ) {
        let (chosen, isChosen) = drawn(test, most, "stream.test", seed)
        let (target, weights, _) = rows(test, chosen)
        return (SelectedStream(stream, bits(test, isChosen), features), target, weights)
    }

    private func drawn(
        _ part: Part, _ most: Int, _ purpose: String, _ seed: UInt64
    ) -> (places: [Int], isChosen: (Int64) -> Bool) {
        let random = CounterRandom(seed: seed, purpose: purpose)
        let share = Double(most) / Double(max(1, part.rows.count))
        let isChosen: (Int64) -> Bool = share >= 1 ? { _ in true } : { random.unit(Int($0)) < share }
        return (part.rows.indices.filter { isChosen(part.rows[$0]) }, isChosen)
    }
}

extension StreamedDataset {
    /// What one pass gathers.
    private struct Pass {
        let schema: Schema
        let question: Dataset.Question
        let testFraction: Double
        let random: CounterRandom
        var rowCount = 0
        var missing: [Int]
        /// Which labels rows for fitting have, a category column each.
        var isKnown: [[Bool]?]
        let digest = SHA256()
        /// The target and weight columns of rows with an answer.
        var answers: [Table] = []
        var training = Part()
        var test = Part()

        init(_ schema: Schema, _ question: Dataset.Question, _ testFraction: Double, seed: UInt64) {
            self.schema = schema
            self.question = question
            self.testFraction = testFraction
            random = CounterRandom(seed: seed, purpose: "split.test")
            missing = schema.fields.map { _ in 0 }
            isKnown = schema.fields.map { field in
                field.kind == .category && field.role == .feature
                    ? (field.categories ?? []).map { _ in false } : nil
            }
            for name in schema.names { Array((name + "\n").utf8).withUnsafeBytes { digest.update($0) } }
        }

        mutating func take(_ table: Table) throws {
            RowHash.hashes(of: table).withUnsafeBytes { digest.update($0) }
            let keys = RowHash.hashes(
                of: try table.filter { field in
                    question.group.map { field.name == $0 } ?? (field.role == .feature || field.role == .target)
                })
            for (position, column) in table.columns.enumerated() { missing[position] += column.missingCount }
            let columns = try question.targets.map { try table.column($0) }
            let known = (0..<table.rowCount).filter { row in columns.allSatisfy { !$0.isMissing(row) } }
            var answered = training.rows.count + test.rows.count
            var fitted: [Int] = []
            for row in known {
                let isTest = random.unit(Int(truncatingIfNeeded: keys[row])) < testFraction
                if isTest {
                    test.rows.append(Int64(rowCount + row))
                    test.answers.append(Int32(answered))
                } else {
                    training.rows.append(Int64(rowCount + row))
                    training.answers.append(Int32(answered))
                    fitted.append(row)
                }
                answered += 1
            }
            guard answered <= Int32.max else { throw ApusError("more than \(Int32.max.grouped) rows") }
            for (position, column) in table.columns.enumerated() where isKnown[position] != nil {
                guard case .category(let codes, _) = column.storage else { continue }
                for row in fitted where !column.isMissing(row) { isKnown[position]?[Int(codes[row])] = true }
            }
            if !known.isEmpty {
                answers.append(
                    try table.filter { question.targets.contains($0.name) || $0.name == question.weight }.rows(known))
            }
            rowCount += table.rowCount
        }
    }
}

extension Schema {
    fileprivate func replacing(_ position: Int, by field: Field) throws -> Schema {
        var fields = fields
        fields[position] = field
        return try Schema(fields)
    }
}
