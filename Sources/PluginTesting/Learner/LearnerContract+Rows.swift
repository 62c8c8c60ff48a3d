import ApusCore
import ApusPipeline

extension LearnerContract {
    static let unusualRows: [Check<LearnerSubject>] = [
        Check(Rule("model 10", "refuses no rows", "A fit on zero rows throws an error; it never traps.")) { subject in
            try requireRefusal("fit zero rows") { try subject.fit(subject.rows.rows([])) }
        },
        Check(
            Rule(
                "model 11", "survives one row and two",
                "A fit on one row, or two, learns a model with valid answers or refuses by an error.")
        ) { subject in
            try subject.requireValidAnswersOrRefusal(try subject.rows.rows([3]), "fit one row")
            try subject.requireValidAnswersOrRefusal(try subject.rows.rows([3, 4]), "fit two rows")
        },
        Check(
            Rule(
                "model 12", "learns beside a constant column",
                "A column that is the same in every row is no reason to fail.")
        ) { subject in
            let constant = Column([Double](repeating: 4.25, count: 120))
            try requireLearns(subject, with: constant, "fit a constant column beside others")
        },
        Check(
            Rule(
                "model 13", "learns beside an empty column",
                "Where missing values are declared, a column without any value is no reason to fail.")
        ) { subject in
            guard subject.descriptor.capabilities.contains(.missingValues) else { return }
            let empty = Column(numbers: [Double?](repeating: nil, count: 120))
            try requireLearns(subject, with: empty, "fit a column without a value beside others")
        },
        Check(
            Rule(
                "model 14", "survives a class without rows",
                "Where all rows are of one class, or one value, a fit learns a model with valid answers or refuses by "
                    + "an error.")
        ) { subject in
            let one: Target =
                switch subject.samples.target(subject.task, 0..<60) {
                case .values: .values(Buffer(repeating: 2.5, count: 60))
                case .classes(_, let labels): .classes(codes: Buffer(repeating: 1, count: 60), labels: labels)
                case .flags(_, let labels): .flags(Buffer(repeating: 1, count: 60 * labels.count), labels: labels)
                }
            let rows = SampleRows.rows(try subject.samples.table(0..<60), one)
            try subject.requireValidAnswersOrRefusal(rows, "fit 60 rows of one class or value")
        },
        Check(
            Rule(
                "model 15", "learns from more columns than rows",
                "20 rows of 10,000 numbers are learned from, with valid answers.")
        ) { subject in
            let random = CounterRandom(seed: 5, purpose: "contracts.wide")
            let table = try Table(
                (0..<10_000).map { column in
                    (
                        "c\(column + 1)",
                        Column(
                            (0..<20).map {
                                random.unit(column * 20 + $0) - (subject.samples.isPositive ? 0 : 0.5)
                            })
                    )
                })
            let rows = SampleRows.rows(table, subject.samples.target(subject.task, 0..<20))
            let attempted = "fit 20 rows of 10,000 columns"
            let model = try attempt(attempted) { try subject.fit(rows) }
            try subject.requireValidAnswers(model, table, attempted)
        },
        Check(
            Rule(
                "model 16", "takes weights as it declares",
                "Declared exact, a row of weight 3 counts as three rows, within the declared tolerance; in expectation, "
                    + "weights are taken and change the answers; declared none, they are refused.")
        ) { subject in
            let descriptor = subject.descriptor
            let counts = (0..<120).map { [1, 1, 2, 1, 3][$0 % 5] }
            let weighted = try reweighted(subject, counts.map(Double.init))
            switch descriptor.weights {
            case .none:
                try requireRefusal("fit weighted rows in a pipeline, while weights are declared as none") {
                    try Pipeline([], subject.learner).fit(weighted, in: subject.context())
                }
            case .inExpectation:
                let answers = try attempt("fit weighted rows") {
                    try subject.fit(weighted).predict(subject.probe, in: subject.context())
                }
                try require(
                    Difference.between(subject.prediction, answers) != nil, "fit weighted rows",
                    "the answers are the same as without weights")
            case .exact(let tolerance):
                let repeated = try subject.rows.rows(
                    counts.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) }
                ).with(validation: subject.rows.validation)
                let answers = try attempt("fit weighted rows and repeated rows") {
                    try [weighted, repeated].map {
                        try subject.fit($0).predict(subject.probe, in: subject.context())
                    }
                }
                try requireEqual(
                    Difference.between(answers[1], answers[0], tolerance: max(tolerance, .leastNonzeroMagnitude)),
                    "compare a fit on repeated rows with one on weighted rows, tolerance \(tolerance)")
            }
        },
    ]

    private static func requireLearns(_ subject: LearnerSubject, with column: Column, _ attempted: String) throws {
        let table = try subject.samples.table(0..<120)
        let widened = try Table(
            try Schema(table.schema.fields + [Field("odd", column.kind)]), table.columns + [column])
        let rows = SampleRows.rows(widened, try subject.rows.target)
        let model = try attempt(attempted) { try subject.fit(rows) }
        try subject.requireValidAnswers(model, widened, attempted)
    }

    private static func reweighted(_ subject: LearnerSubject, _ weights: [Double]) throws -> TrainingRows {
        SampleRows.rows(
            try subject.rows.table, try subject.rows.target, weights: Buffer(weights),
            validation: subject.rows.validation)
    }
}
