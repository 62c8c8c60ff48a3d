import ApusCore

/// An output transform with a kind of prediction that it takes, and what it made of it.
struct OutputSubject: Sendable {
    let transform: any OutputTransform
    let task: LearningTask
    let rows: TrainingRows
    /// For the 80 rows it is fitted on.
    let given: Prediction
    /// For 40 other rows.
    let probe: Prediction
    let fitted: any FittedOutputTransform
    let result: Prediction

    init(_ transform: any OutputTransform, _ task: LearningTask) throws {
        self.transform = transform
        self.task = task
        let samples = SampleRows(capabilities: [])
        rows = try samples.training(task, 0..<80)
        given = try OutputSubject.prediction(samples.target(task, 0..<80), seed: 1)
        probe = try OutputSubject.prediction(samples.target(task, 80..<120), seed: 2)
        fitted = try transform.fit(given, rows, in: RunContext(seed: 7, threads: 1))
        result = try fitted.apply(probe)
    }

    func fit(_ given: Prediction, _ rows: TrainingRows) throws -> any FittedOutputTransform {
        try transform.fit(given, rows, in: RunContext(seed: 7, threads: 1))
    }

    /// Answers that lean towards the truth and are sometimes wrong.
    private static func prediction(_ target: Target, seed: UInt64) throws -> Prediction {
        let random = CounterRandom(seed: seed, purpose: "contracts.prediction")
        let schema = Prediction.Schema(for: target)
        let width = schema.outputs
        return try Prediction(
            schema,
            Matrix(rows: target.count, columns: width) { values in
                for row in 0..<target.count {
                    switch target {
                    case .values(let truth): values[row] = 0.8 * truth[row] + random.unit(row) - 0.5
                    case .classes(let codes, _):
                        let shares = (0..<width).map {
                            random.unit(row * width + $0) + 0.01 + (Int(codes[row]) == $0 ? 0.5 : 0)
                        }
                        let sum = shares.reduce(0, +)
                        for output in 0..<width { values[row * width + output] = shares[output] / sum }
                    case .flags(let flags, _):
                        for place in row * width..<(row + 1) * width {
                            values[place] = (random.unit(place) + Double(flags[place])) / 2
                        }
                    }
                }
            })
    }
}

/// The rules for output transforms, verified for each kind of prediction: the tasks of the descriptor, or if it names
/// none, those whose predictions `fit` does not refuse.
///
/// What is not tested: whether the predictions become better; weights.
enum OutputContract {
    static var rules: [Rule] { [takesItsTasks] + checks.map(\.rule) }

    static let takesItsTasks = Rule(
        "output 1", "takes the predictions that it declares",
        "It fits and transforms predictions for every task of its descriptor, and for at least one task if that names "
            + "none; others are refused by an error.")

    static func verify(_ transform: any OutputTransform, _ findings: inout Findings) {
        let declared = type(of: transform).descriptor.tasks
        var subjects: [OutputSubject] = []
        findings.verify(takesItsTasks) {
            for task in LearningTask.allCases {
                let attempted = "fit and transform predictions for a \(task.rawValue) target"
                if declared.contains(task) {
                    subjects.append(try attempt(attempted) { try OutputSubject(transform, task) })
                } else if let found = try answerOrRefusal(attempted, { try OutputSubject(transform, task) }) {
                    try require(declared.isEmpty, attempted, "they are taken, but not declared")
                    subjects.append(found)
                }
            }
            try require(!subjects.isEmpty, "find a task that it takes", "there is none")
        }
        for subject in subjects { findings.verify(checks, subject, setting: subject.task.rawValue) }
    }

    private static let checks: [Check<OutputSubject>] = [
        Check(
            Rule(
                "output 2", "keeps predictions valid",
                "Valid predictions become as many valid ones for the same task: finite, probabilities in [0, 1], those of "
                    + "classes sum to 1; none become none.")
        ) { subject in
            try requireEqual(invalidity(of: subject.result), "transform 40 predictions")
            try require(
                subject.result.count == 40 && subject.result.schema.task == subject.task, "transform 40 predictions",
                "\(subject.result.count) came back, for \(subject.result.schema)")
            let none = try attempt("transform no predictions") {
                try subject.fitted.apply(LearnerContract.rows(subject.probe, []))
            }
            try require(
                none.count == 0 && none.schema == subject.result.schema, "transform no predictions", "\(none.schema)")
        },
        Check(
            Rule(
                "output 3", "transforms each prediction by itself",
                "A batch, its predictions one by one, in any order, become the same, bit for bit.")
        ) { subject in
            let order = CounterRandom(seed: 2, purpose: "contracts.order").permutation(40)
            for rows in [order] + (0..<40).map({ [$0] }) {
                let attempted = rows.count == 1 ? "transform row \(rows[0] + 1) alone" : "transform in another order"
                let found = try attempt(attempted) {
                    try subject.fitted.apply(LearnerContract.rows(subject.probe, rows))
                }
                try requireEqual(
                    Difference.between(try LearnerContract.rows(subject.result, rows), found), attempted)
            }
        },
        Check(
            Rule(
                "output 4", "learns the same again",
                "A second fit saves the same state, bit for bit, and leaves parameters, rows and predictions as they were."
            )
        ) { subject in
            let before = subject.transform.parameterValues
            let again = try attempt("fit again") { try subject.fit(subject.given, subject.rows) }
            try requireEqual(Difference.between(try subject.fitted.state(), try again.state()), "fit twice")
            try require(
                subject.transform.parameterValues == before, "read the parameters after a fit",
                JSON.object(subject.transform.parameterValues).serialized())
            let fresh = try OutputSubject(subject.transform, subject.task)
            try requireEqual(
                Difference.between(fresh.probe, subject.probe) ?? Difference.between(fresh.given, subject.given),
                "read the predictions after a fit")
        },
        Check(
            Rule(
                "output 5", "survives no rows, one row and one class",
                "A fit on zero rows is refused by an error; on one row, or rows of one class or value, it works with valid "
                    + "predictions or is refused.")
        ) { subject in
            try requireRefusal("fit zero rows") {
                try subject.fit(LearnerContract.rows(subject.given, []), subject.rows.rows([]))
            }
            let like: [Int]
            switch try subject.rows.target {
            case .values: like = [3, 3, 3]
            case .classes(let codes, _): like = codes.indices.filter { codes[$0] == codes[3] }
            case .flags(let flags, let labels):
                let rows = stride(from: 0, to: flags.count, by: labels.count).map {
                    flags.slice($0..<$0 + labels.count)
                }
                like = rows.indices.filter { rows[$0].elementsEqual(rows[3]) }
            }
            for rows in [[3], like] {
                let attempted = rows.count == 1 ? "fit one row" : "fit rows of one class or value"
                let result = try answerOrRefusal(attempted) {
                    try subject.fit(LearnerContract.rows(subject.given, rows), subject.rows.rows(rows))
                        .apply(subject.probe)
                }
                if let result { try requireEqual(invalidity(of: result), attempted) }
            }
        },
        Check(
            Rule(
                "output 6", "transforms the same after saving",
                "Restored from its state, it gives the same predictions and saves the same state, bit for bit.")
        ) { subject in
            let state = try attempt("save") { try subject.fitted.state() }
            let restored = try attempt("restore from the saved state") {
                try type(of: subject.transform).restoring(state)
            }
            let attempted = "transform after restoring"
            let found = try attempt(attempted) { try restored.apply(subject.probe) }
            try requireEqual(Difference.between(subject.result, found), attempted)
            try requireEqual(Difference.between(state, try restored.state()), "save, restore and save")
        },
        Check(
            Rule(
                "output 7", "refuses damaged state and survives hostile state",
                "State that is cut or incomplete is refused by an error; state with other numbers is refused, or restored "
                    + "to something that answers or refuses.")
        ) { subject in
            let state = try attempt("save") { try subject.fitted.state() }
            for damaged in try DamagedState.refusable(state) {
                try requireRefusal("restore \(damaged.damage)") {
                    try type(of: subject.transform).restoring(damaged.state)
                }
            }
            for hostile in try DamagedState.survivable(state) {
                _ = try answerOrRefusal("restore and transform \(hostile.damage)") {
                    try type(of: subject.transform).restoring(hostile.state).apply(subject.probe)
                }
            }
        },
    ]
}
