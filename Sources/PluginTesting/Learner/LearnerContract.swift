import ApusCore
import ApusPipeline

/// The rules for learners and their models, verified for each task that the learner declares.
///
/// The rows have the columns that the learner's capabilities take: numbers, a whole number, a flag, and where declared
/// a number with gaps, a category, a text and a time; a learner of vectors is verified without one and with one. A learner that refuses negative numbers is verified on positive
/// ones.
///
/// What is not tested: whether the model is any good; several targets, offsets and streams; the meaning of an
/// incremental update; weights declared in expectation, beyond that they are taken and matter; features near the limits
/// of a double; cancellation in the middle of a fit that tells no progress; speed and memory.
enum LearnerContract {
    static let checks = fitting + unusualRows + prediction + saving + abilities

    static var rules: [Rule] { [learnsItsTasks] + checks.map(\.rule) }

    static let learnsItsTasks = Rule(
        "model 1", "learns each task that it declares",
        "It declares at least one task, and fits and predicts 120 plain rows for each.")

    static func verify(_ learner: any Learner, _ registry: Registry, _ findings: inout Findings) {
        let tasks = LearningTask.allCases.filter { type(of: learner).descriptor.tasks.contains($0) }
        findings.verify(learnsItsTasks) { try require(!tasks.isEmpty, "list its tasks", "it declares none") }
        let capabilities = type(of: learner).descriptor.capabilities
        for task in tasks {
            for samples in capabilities.contains(.vectors)
                ? [capabilities.subtracting([.vectors]), capabilities] : [capabilities]
            {
                let setting = task.rawValue + (samples.contains(.vectors) ? ", with a vector" : "")
                var subject: LearnerSubject?
                findings.verify(learnsItsTasks, setting: setting) {
                    subject = try LearnerSubject(learner, task, registry, columns: samples)
                }
                if let subject { findings.verify(checks, subject, setting: setting) }
            }
        }
    }

    private static let fitting: [Check<LearnerSubject>] = [
        Check(
            Rule(
                "model 2", "refuses what it does not declare",
                "A task, a column kind or a missing value that the descriptor does not declare is refused by an error: "
                    + "never learned from, never answered by NaN.")
        ) { subject in
            let descriptor = subject.descriptor
            for task in LearningTask.allCases where !descriptor.tasks.contains(task) {
                try requireRefusal("fit a \(task.rawValue) target, which it does not declare") {
                    try subject.fit(subject.samples.training(task, 0..<60))
                }
            }
            let columns: [(Capability, Column)] = [
                (.categories, Column(categories: ["a", "b"])), (.text, Column(texts: ["one text", "another"])),
                (.timestamps, Column(timestamps: [1, 2])),
                (.vectors, Column(.vector(try SparseRows(width: 3, zeros: 2)))),
            ]
            for (capability, column) in columns where !descriptor.capabilities.contains(capability) {
                let table = try Table(["x": Column([1, 2]), "odd": column])
                try requireRefusal("plan a pipeline on a \(column.kind.rawValue) column, which it does not declare") {
                    try Pipeline([], subject.learner).plan(table.schema, task: subject.task)
                }
            }
            if !descriptor.capabilities.contains(.missingValues) {
                try requireRefusal("predict a missing value, which it does not declare") {
                    try subject.model.predict(withGap(subject.probe), in: subject.context())
                }
                try requireRefusal("fit a missing value in a pipeline, which it does not declare") {
                    let rows = SampleRows.rows(
                        try withGap(subject.rows.table), try subject.rows.target, validation: subject.rows.validation)
                    return try Pipeline([], subject.learner).fit(rows, in: subject.context())
                }
            }
        },
        Check(
            Rule(
                "model 3", "delivers the outputs that it promises",
                "The model's inputs are the features it was fitted on, its outputs fit the target, and a prediction has "
                    + "exactly these outputs, one answer a row.")
        ) { subject in
            let attempted = "fit 120 rows and predict 40 others"
            try requireEqual(
                Difference.schemas(try subject.rows.table.schema, subject.model.inputs), "read the model's inputs")
            let promised = Prediction.Schema(for: try subject.rows.target)
            try require(subject.model.outputs == promised, "read the model's outputs", "\(subject.model.outputs)")
            try require(subject.prediction.schema == promised, attempted, "\(subject.prediction.schema)")
            try require(subject.prediction.count == 40, attempted, "\(subject.prediction.count) answers")
        },
        Check(
            Rule(
                "model 4", "gives valid answers",
                "Every answer is finite; probabilities are in [0, 1], those of classes sum to 1 within 1e-9.")
        ) { subject in
            try requireEqual(invalidity(of: subject.prediction), "predict 40 rows")
        },
        Check(
            Rule(
                "model 5", "changes neither its configuration nor its rows",
                "After a fit and a prediction, parameters, training rows and table are what they were.")
        ) { subject in
            let learner = try type(of: subject.learner).init(parameters: subject.learner.parameterValues)
            let before = learner.parameterValues
            let table = try subject.samples.table(0..<120)
            let target = subject.samples.target(subject.task, 0..<120)
            let rows = SampleRows.rows(table, target, validation: subject.rows.validation)
            let model = try attempt("fit") { try learner.fit(rows, from: nil, in: subject.context()) }
            try require(
                learner.parameterValues == before, "read the parameters after a fit",
                JSON.object(learner.parameterValues).serialized())
            let probe = try subject.samples.table(160..<200)
            _ = try attempt("predict") { try model.predict(probe, in: subject.context()) }
            try requireEqual(
                Difference.between(try subject.samples.table(0..<120), table), "read the training rows after a fit")
            try requireEqual(
                Difference.between(numbers(subject.samples.target(subject.task, 0..<120)), numbers(target)),
                "read the target after a fit")
            try requireEqual(
                Difference.between(try subject.samples.table(160..<200), probe), "read a table after its prediction")
        },
        Check(
            Rule(
                "model 6", "learns the same again",
                "A second fit on the same rows with the same seed saves the same state, bit for bit.")
        ) { subject in
            let again = try attempt("fit again") { try subject.fit(subject.rows) }
            try requireEqual(Difference.between(try subject.model.state(), try again.state()), "fit twice")
        },
        Check(
            Rule(
                "model 7", "learns the same on any number of threads",
                "Fits on 1, 2 and 5 threads save the same state, bit for bit.")
        ) { subject in
            for threads in [2, 5] {
                let other = try attempt("fit on \(threads) threads") {
                    try subject.fit(subject.rows, in: subject.context(threads: threads))
                }
                try requireEqual(
                    Difference.between(try subject.model.state(), try other.state()), "fit on 1 and \(threads) threads")
                let answers = try other.predict(subject.probe, in: subject.context(threads: threads))
                try requireEqual(Difference.between(subject.prediction, answers), "predict on \(threads) threads")
            }
        },
        Check(
            Rule(
                "model 8", "learns the same with either backend",
                "Models fitted by C and by Swift kernels answer the same within the relative agreement that is declared, "
                    + "1e-6 unless said: kernels may round differently, and an iterative method amplifies that.")
        ) { subject in
            let context = subject.context(backend: .swift)
            let answers = try attempt("fit and predict with Swift kernels") {
                try subject.fit(subject.rows, in: context).predict(subject.probe, in: context)
            }
            try requireEqual(
                Difference.between(subject.prediction, answers, tolerance: subject.descriptor.agreement),
                "compare C and Swift kernels")
        },
        Check(
            Rule(
                "model 9", "stops when it is cancelled",
                "In a context that is cancelled already, a fit throws an error of the kind 'cancelled'.")
        ) { subject in
            let context = subject.context()
            context.cancellation.cancel()
            try requireRefusal("fit in a cancelled context", kind: .cancelled) {
                try subject.fit(subject.rows, in: context)
            }
        },
    ]

    /// The table with the first number missing.
    private static func withGap(_ table: Table) throws -> Table {
        let values = try table.column("x1").doubles ?? Buffer([])
        let gap = Column([.nan] + values.dropFirst())
        return try Table(
            table.schema, zip(table.schema.names, table.columns).map { $0 == "x1" ? gap : $1 },
            rowCount: table.rowCount)
    }

    private static func numbers(_ target: Target) -> [Double] {
        switch target {
        case .values(let values): Array(values)
        case .classes(let codes, _): codes.map(Double.init)
        case .flags(let flags, _): flags.map(Double.init)
        }
    }
}
