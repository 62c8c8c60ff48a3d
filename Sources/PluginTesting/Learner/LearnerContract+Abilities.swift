import ApusCore

extension LearnerContract {
    static let abilities: [Check<LearnerSubject>] = [
        Check(
            Rule(
                "model 25", "answers a single row like a batch",
                "A model that predicts rows without a table (`RowPredicting`) writes the same bits as for a batch.")
        ) { subject in
            guard let model = subject.model as? any RowPredicting else { return }
            guard let features = try? Matrix(subject.probe) else { return }
            let width = subject.prediction.values.columns
            for row in 0..<subject.probe.rowCount {
                var outputs = [Double](repeating: .nan, count: width)
                features.row(row).withUnsafeBufferPointer { input in
                    outputs.withUnsafeMutableBufferPointer { model.predict(row: input, into: $0) }
                }
                try requireEqual(
                    Difference.between((0..<width).map { subject.prediction.values[row, $0] }, outputs),
                    "predict row \(row + 1) without a table")
            }
        },
        Check(
            Rule(
                "model 26", "rates every feature",
                "An `Inspectable` model has one finite importance a feature for each measure, the main one among them.")
        ) { subject in
            guard let model = subject.model as? any Inspectable else { return }
            let importance = model.importance
            try require(
                importance[model.mainImportance] != nil, "read the main importance",
                "'\(model.mainImportance)' is not among \(importance.keys.sorted())")
            for (measure, values) in importance.sorted(by: { $0.key < $1.key }) {
                try require(
                    values.count == model.inputs.fields.count && values.allSatisfy(\.isFinite),
                    "read the importance '\(measure)' of \(model.inputs.fields.count) features", "it is \(values)")
            }
        },
        Check(
            Rule(
                "model 27", "explains by every feature",
                "An `Explainable` model gives, for each score, a row of finite contributions a row: one a feature, and "
                    + "the base value.")
        ) { subject in
            guard let model = subject.model as? any Explainable else { return }
            let matrices = try attempt("explain 40 rows") {
                try model.contributions(subject.probe, in: subject.context())
            }
            try require(!matrices.isEmpty, "explain 40 rows", "nothing came back")
            for matrix in matrices {
                try require(
                    matrix.rows == 40 && matrix.columns == model.inputs.fields.count + 1, "explain 40 rows",
                    "the contributions are \(matrix.rows) × \(matrix.columns)")
                try require(
                    (0..<40).allSatisfy { matrix.row($0).allSatisfy(\.isFinite) }, "explain 40 rows",
                    "a contribution is not finite")
            }
        },
        Check(
            Rule(
                "model 28", "resumes from a checkpoint",
                "A `ResumableLearner` saves checkpoints where a store is given, and from each one reaches the same "
                    + "state as the fit that was not interrupted, bit for bit; damaged ones are refused.")
        ) { subject in
            guard let learner = subject.learner as? any ResumableLearner else { return }
            let store = RecordingStore()
            var context = subject.context()
            context.checkpoints = store
            let whole = try attempt("fit with a checkpoint store") { try subject.fit(subject.rows, in: context) }
            try requireEqual(
                Difference.between(try subject.model.state(), try whole.state()), "fit with and without a store")
            let checkpoints = store.all
            try require(!checkpoints.isEmpty, "fit with a checkpoint store", "no checkpoint was saved")
            for place in Set([0, checkpoints.count / 2, checkpoints.count - 1]).sorted() {
                let attempted = "resume from checkpoint \(place + 1) of \(checkpoints.count)"
                let resumed = try attempt(attempted) {
                    try learner.resume(subject.rows, from: checkpoints[place], in: subject.context())
                }
                try requireEqual(Difference.between(try whole.state(), try resumed.state()), attempted)
            }
            for damaged in try DamagedState.refusable(checkpoints[0]) {
                try requireRefusal("resume from a checkpoint \(damaged.damage)") {
                    try learner.resume(subject.rows, from: damaged.state, in: subject.context())
                }
            }
        },
        Check(
            Rule(
                "model 29", "stops in the middle when it is cancelled",
                "Cancelled while it tells of a step that is neither the last nor the last but one, a fit throws an error "
                    + "of the kind 'cancelled'.")
        ) { subject in
            var context = subject.context()
            let session = CancellingSession(context.cancellation)
            context.monitors = [session]
            do {
                _ = try subject.fit(subject.rows, in: context)
            } catch let error as ApusError where error.kind == .cancelled {
                return
            }
            try require(
                !context.cancellation.isCancelled, "cancel a fit at its first step", "it went on to the end")
        },
    ]
}
