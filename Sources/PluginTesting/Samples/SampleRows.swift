import ApusCore

/// The rows that contracts are verified on. A row follows from its number alone.
struct SampleRows {
    let capabilities: Set<Capability>
    /// Whether all numbers are positive, for learners of counts.
    var isPositive = false

    /// The features of some rows: two numbers, a whole number and a flag; and where the capabilities take them, a
    /// number with gaps, a category, a text, a time and a vector.
    func table(_ rows: Range<Int>) throws -> Table {
        var columns: [(name: String, column: Column)] = [
            ("x1", Column(rows.map { number(.x1, $0) })),
            ("x2", Column(rows.map { number(.x2, $0) })),
            ("count", Column(integers: rows.map { Int64(SampleRows.whole(.count, $0, below: 5)) })),
            ("flag", Column(flags: rows.map { SampleRows.whole(.flag, $0, below: 2) == 1 })),
        ]
        let gaps = capabilities.contains(.missingValues)
        if gaps {
            columns.append(
                (
                    "gap",
                    Column(numbers: rows.map { isGap($0, 5) ? nil : number(.gap, $0) })
                ))
        }
        if capabilities.contains(.categories) {
            columns.append(
                (
                    "colour",
                    Column(
                        categories: rows.map { gaps && isGap($0, 7) ? nil : SampleRows.colour($0) },
                        dictionary: SampleRows.colours)
                ))
        }
        if capabilities.contains(.text) {
            columns.append(("note", Column(texts: rows.map { "\(SampleRows.colour($0)) number \($0 % 9)" })))
        }
        if capabilities.contains(.timestamps) {
            columns.append(("seen", Column(timestamps: rows.map { 1_700_000_000_000_000 + Int64($0) * 3_600_000_000 })))
        }
        if capabilities.contains(.vectors) { columns.append(("words", Column(.vector(try words(rows))))) }
        return try Table(columns)
    }

    /// Up to three of twelve elements a row; the last never has one.
    private func words(_ rows: Range<Int>) throws -> SparseRows {
        var (offsets, indices, values): ([Int64], [Int32], [Double]) = ([0], [], [])
        for row in rows {
            for place in 0..<3 where SampleRows.whole(.words, 4 * row + place, below: 3) > 0 {
                indices.append(
                    Int32(4 * place + SampleRows.whole(.words, 4 * row + 3 - place, below: place == 2 ? 3 : 4)))
                values.append(1.5 - SampleRows.unit(.words, 4 * row + place))
            }
            offsets.append(Int64(indices.count))
        }
        return try SparseRows(width: 12, offsets: offsets, indices: indices, values: values)
    }

    /// What is to be learned of some rows.
    func target(_ task: LearningTask, _ rows: Range<Int>) -> Target {
        let scores = rows.map { row in
            1.5 * SampleRows.number(.x1, row) - SampleRows.number(.x2, row)
                + 0.3 * Double(SampleRows.whole(.count, row, below: 5))
                + Double(SampleRows.whole(.flag, row, below: 2)) + 0.3 * SampleRows.number(.noise, row)
        }
        switch task {
        case .regression: return .values(Buffer(scores))
        case .binary: return .classes(codes: Buffer(scores.map { $0 > 1.1 ? 1 : 0 }), labels: ["no", "yes"])
        case .multiclass:
            return .classes(
                codes: Buffer(scores.map { $0 > 1.8 ? 2 : $0 > 0.5 ? 1 : 0 }), labels: ["low", "middle", "top"])
        case .multilabel:
            let labels: [(Double, Int) -> Bool] = [
                { score, _ in score > 1.1 }, { score, row in score > 0.2 && row % 3 > 0 }, { _, row in row % 4 == 1 },
            ]
            return .flags(
                Buffer(zip(scores, rows).flatMap { score, row in labels.map { $0(score, row) ? UInt8(1) : 0 } }),
                labels: ["large", "mixed", "fourth"])
        }
    }

    /// Rows to fit on.
    func training(_ task: LearningTask, _ rows: Range<Int>, validation: TrainingRows? = nil) throws -> TrainingRows {
        try SampleRows.rows(table(rows), target(task, rows), from: rows.lowerBound, validation: validation)
    }

    /// Rows to fit on, of any table.
    static func rows(
        _ table: Table, _ target: Target, from first: Int = 0, weights: Buffer<Double>? = nil,
        validation: TrainingRows? = nil
    ) -> TrainingRows {
        TrainingRows(
            .table(table), targets: [target], weights: weights,
            rowIDs: Buffer((first..<first + target.count).map(Int64.init)), validation: validation)
    }

    static let colours = ["blue", "green", "red"]

    private enum Purpose: Int { case x1, x2, count, flag, gap, colour, noise, words }
    private static let random = CounterRandom(seed: 1, purpose: "contracts.sample")

    private static func unit(_ purpose: Purpose, _ row: Int) -> Double { random.unit(row * 16 + purpose.rawValue) }

    /// Roughly normal, with one decimal digit more than a float holds exactly.
    private static func number(_ purpose: Purpose, _ row: Int) -> Double {
        let words = random.words(row * 16 + purpose.rawValue)
        let sum = [words.0, words.1, words.2, words.3].reduce(0.0) { $0 + Double($1) * 0x1p-32 }
        return (sum - 2) * 1.7320508075688772
    }

    private func number(_ purpose: Purpose, _ row: Int) -> Double {
        let number = SampleRows.number(purpose, row)
        return isPositive ? abs(number) : number
    }

    private static func whole(_ purpose: Purpose, _ row: Int, below bound: Int) -> Int {
        Int(unit(purpose, row) * Double(bound))
    }

    private static func colour(_ row: Int) -> String { colours[whole(.colour, row, below: 3)] }

    private func isGap(_ row: Int, _ every: Int) -> Bool { row % every == 2 }
}
