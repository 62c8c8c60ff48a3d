import ApusCore

/// The rules for objectives, verified for each task that they take: those of the descriptor, or if it names none, those
/// whose target `scores(for:)` does not refuse. A regression is verified on numbers of both signs if the objective
/// takes them, else on positive ones.
///
/// What is not tested: whether a hessian is as small as it could be, as an upper bound of the curvature is allowed;
/// scores where a loss has a kink; equal bits on other processors.
enum ObjectiveContract {
    static var rules: [Rule] { [takesItsTasks] + checks.map(\.rule) }

    static let takesItsTasks = Rule(
        "objective 1", "takes each task that it declares",
        "It gives at least one score a row for every task of its descriptor, and refuses the others by an error.")

    static func verify(_ objective: any Objective, _ findings: inout Findings) {
        let declared = type(of: objective).descriptor.tasks
        var subjects: [ObjectiveSubject] = []
        findings.verify(takesItsTasks) {
            for task in LearningTask.allCases {
                let found = try ObjectiveSubject.targets(task).lazy.compactMap { target in
                    try answerOrRefusal("ask for the scores of a \(task.rawValue) target") {
                        try ObjectiveSubject(objective, task, target)
                    }
                }.first
                if let found {
                    try require(
                        found.width > 0, "ask for the scores of a \(task.rawValue) target", "there are \(found.width)")
                    try require(
                        declared.isEmpty || declared.contains(task), "give it a \(task.rawValue) target",
                        "it is taken, but not declared")
                    subjects.append(found)
                } else {
                    try require(!declared.contains(task), "give it a \(task.rawValue) target", "it is refused")
                }
            }
            try require(!subjects.isEmpty, "find a task that it takes", "there is none")
        }
        for subject in subjects { findings.verify(checks, subject, setting: subject.task.rawValue) }
    }

    private static let checks: [Check<ObjectiveSubject>] = [
        Check(
            Rule(
                "objective 2", "has the gradient of its loss",
                "Each gradient equals the central difference of the loss, step 1e-5, within 1e-5 of 1 + |gradient|: the "
                    + "step's own error is near 1e-10, rounding near 1e-9.")
        ) { subject in
            let step = 1e-5
            let found = subject.evaluate(weights: subject.weights)
            for place in subject.scores.indices {
                let expected = slope(subject, place, step) { subject.loss($0, weights: subject.weights, rows: $1) }
                try require(
                    abs(found.gradients[place] - expected) <= 1e-5 * (1 + abs(expected)),
                    "compare the gradient of score \(place) with differences of the loss",
                    "it is \(found.gradients[place]), the difference gives \(expected)")
            }
        },
        Check(
            Rule(
                "objective 3", "has a hessian that is no smaller than the curvature",
                "Each hessian is finite, not negative, and at least the central difference of the gradient, within 1e-5 "
                    + "of 1 + |curvature|; it may be an upper bound.")
        ) { subject in
            let step = 1e-5
            let found = subject.evaluate(weights: subject.weights)
            for place in subject.scores.indices {
                let curvature = slope(subject, place, step) { scores, rows in
                    subject.evaluate(scores, weights: subject.weights, rows: rows).gradients[place]
                }
                let hessian = found.hessians[place]
                try require(
                    hessian.isFinite && hessian >= 0 && hessian >= curvature - 1e-5 * (1 + abs(curvature)),
                    "compare the hessian of score \(place) with differences of the gradient",
                    "it is \(hessian), the difference gives \(curvature)")
            }
        },
        Check(
            Rule(
                "objective 4", "starts at the constant of least loss",
                "No other constant near the initial scores has a smaller loss, with weights and without; they are finite, "
                    + "also where all rows are of one class.")
        ) { subject in
            for weights in [nil, subject.weights] {
                let attempted = "start with\(weights == nil ? "out" : "") weights"
                let initial = try attempt(attempted) {
                    try subject.objective.initialScores(subject.target, weights: weights)
                }
                try require(
                    initial.count == subject.width && initial.allSatisfy(\.isFinite), attempted, "\(initial)")
                func loss(_ constants: [Double]) -> Double {
                    subject.loss((0..<ObjectiveSubject.rows).flatMap { _ in constants }, weights: weights)
                }
                let least = loss(initial)
                for place in initial.indices {
                    for change in [-0.5, -0.05, 0.05, 0.5] {
                        var moved = initial
                        moved[place] += change
                        try require(
                            loss(moved) >= least - 1e-9 * (1 + abs(least)), attempted,
                            "moving score \(place) by \(change) lowers the loss from \(least) to \(loss(moved))")
                    }
                }
            }
            let one: Target
            switch subject.target {
            case .values: return
            case .classes(_, let labels): one = .classes(codes: Buffer(repeating: 1, count: 10), labels: labels)
            case .flags(_, let labels): one = .flags(Buffer(repeating: 1, count: 10 * labels.count), labels: labels)
            }
            let initial = try attempt("start with rows of one class") {
                try subject.objective.initialScores(one, weights: nil)
            }
            try require(initial.allSatisfy(\.isFinite), "start with rows of one class", "\(initial)")
        },
        Check(
            Rule(
                "objective 5", "links to valid outputs",
                "Its link takes as many scores as it gives. Finite scores, up to 30 for numbers and 1,000 for classes, become "
                    + "finite outputs; for classes and labels probabilities in [0, 1], those of classes sum to 1. The largest "
                    + "scores have finite gradients and losses.")
        ) { subject in
            let link = subject.objective.link(for: subject.target)
            let expected = link.scores(for: Prediction.Schema(for: subject.target))
            try require(
                expected == subject.width, "ask for the link",
                "it is \(link.rawValue), which does not take \(subject.width) score\(subject.width == 1 ? "" : "s") of a row"
            )
            let limit = subject.task == .regression ? 30.0 : 1000.0
            let extreme = subject.scores.indices.map { [limit, -limit, 0, limit / 2][($0 * 7 + $0 / 3) % 4] }
            for (what, scores) in [("usual", subject.scores), ("extreme", extreme)] {
                let outputs = try attempt("link \(what) scores") { try subject.outputs(scores) }
                try requireEqual(invalidity(of: outputs), "link \(what) scores")
                let found = subject.evaluate(scores)
                try require(
                    found.loss.isFinite && (found.gradients + found.hessians).allSatisfy(\.isFinite),
                    "evaluate \(what) scores", "the loss is \(found.loss), or a gradient is not finite")
            }
        },
        Check(
            Rule(
                "objective 6", "scales with the weights",
                "A weight multiplies the row's loss, gradient and hessian; a weight of 1 changes no bit, 0 removes the row."
            )
        ) { subject in
            let plain = subject.evaluate()
            let ones = subject.evaluate(weights: Buffer(repeating: 1, count: ObjectiveSubject.rows))
            try requireEqual(difference(plain, ones, tolerance: 0), "evaluate with weights of 1")
            let weighted = subject.evaluate(weights: subject.weights)
            func scaled(_ values: [Double]) -> [Double] {
                values.enumerated().map { $1 * subject.weights[$0 / subject.width] }
            }
            try requireEqual(
                Difference.between(scaled(plain.gradients), weighted.gradients, tolerance: 1e-12)
                    ?? Difference.between(scaled(plain.hessians), weighted.hessians, tolerance: 1e-12),
                "evaluate with weights between 0.5 and 3")
            let parts = (0..<ObjectiveSubject.rows).map {
                subject.weights[$0] * subject.evaluate(rows: $0..<$0 + 1).loss
            }
            try requireEqual(
                Difference.between([parts.reduce(0, +)], [weighted.loss], tolerance: 1e-12), "sum weighted losses")
            let none = subject.evaluate(weights: Buffer(repeating: 0, count: ObjectiveSubject.rows))
            try require(
                none.loss == 0 && (none.gradients + none.hessians).allSatisfy { $0 == 0 }, "evaluate with weights of 0",
                "the loss is \(none.loss), or a gradient is not 0")
        },
        Check(
            Rule(
                "objective 7", "evaluates the same with either backend",
                "C and Swift kernels write the same gradients, hessians and loss, bit for bit.")
        ) { subject in
            for weights in [nil, subject.weights] {
                try requireEqual(
                    difference(
                        subject.evaluate(weights: weights, backend: .c),
                        subject.evaluate(weights: weights, backend: .swift),
                        tolerance: 0), "compare C and Swift kernels")
            }
        },
        Check(
            Rule(
                "objective 8", "touches only the rows it is given",
                "Rows evaluated in parts give the gradients of the whole, bit for bit, and losses with the same sum; other "
                    + "positions are not written; no rows give no loss.")
        ) { subject in
            let whole = subject.evaluate(weights: subject.weights)
            var sum = 0.0
            for rows in [0..<1, 1..<17, 17..<17, 17..<60] {
                let part = subject.evaluate(weights: subject.weights, rows: rows, untouched: -7)
                sum += part.loss
                let inside = rows.lowerBound * subject.width..<rows.upperBound * subject.width
                for place in whole.gradients.indices {
                    let expected = inside.contains(place) ? (whole.gradients[place], whole.hessians[place]) : (-7, -7)
                    try require(
                        (part.gradients[place], part.hessians[place]) == expected, "evaluate the rows \(rows)",
                        "score \(place) is \(part.gradients[place]), expected \(expected.0)")
                }
                if rows.isEmpty { try require(part.loss == 0, "evaluate no rows", "the loss is \(part.loss)") }
            }
            try requireEqual(Difference.between([whole.loss], [sum], tolerance: 1e-12), "sum the losses of parts")
            try require(try subject.outputs([]).count == 0, "link no rows", "something came back")
        },
        Check(
            Rule(
                "objective 9", "tells the same loss with and without gradients",
                "`loss` equals what `evaluate` returns, within 1e-12 relative.")
        ) { subject in
            let found = subject.evaluate(weights: subject.weights).loss
            try requireEqual(
                Difference.between([found], [subject.loss(subject.scores, weights: subject.weights)], tolerance: 1e-12),
                "compare loss and evaluate")
        },
    ]

    /// The central difference of a function of the scores of the row that `place` is in.
    private static func slope(
        _ subject: ObjectiveSubject, _ place: Int, _ step: Double, of function: ([Double], Range<Int>) -> Double
    ) -> Double {
        let row = place / subject.width
        let values = [step, -step].map { change in
            var scores = subject.scores
            scores[place] += change
            return function(scores, row..<row + 1)
        }
        return (values[0] - values[1]) / (2 * step)
    }

    private static func difference(
        _ left: ObjectiveSubject.Evaluation, _ right: ObjectiveSubject.Evaluation, tolerance: Double
    ) -> String? {
        Difference.between(left.gradients, right.gradients, tolerance: tolerance)
            ?? Difference.between(left.hessians, right.hessians, tolerance: tolerance)
            ?? Difference.between([left.loss], [right.loss], tolerance: tolerance)
    }
}
