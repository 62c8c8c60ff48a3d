import ApusCore

/// The rules for optimizers.
///
/// What is not tested: speed; noisy gradients, beyond that batches are asked for in order; constraints; how a snapshot
/// of another version is read.
enum OptimizerContract {
    /// No minimisation here may ask more often than this.
    private static let mostRequests = 200_000

    static var rules: [Rule] { checks.map(\.rule) }

    static let checks: [Check<any Optimizer>] = [
        Check(
            Rule(
                "optimizer 1", "minimises, or says that it did not",
                "On a convex quadratic of condition 100 and on Rosenbrock's function it ends, and where it says that it "
                    + "has converged, the value is within 1e-3 of the least one, relative to the value at the start.")
        ) { optimizer in
            for problem in [TestFunction.quadratic, .rosenbrock] {
                guard let run = try answerOrRefusal("minimise \(problem.name)", { try minimise(optimizer, problem) }),
                    run.hasConverged
                else { continue }
                try require(
                    run.value <= 1e-3 * problem.startValue, "minimise \(problem.name)",
                    "it says that it has converged, at the value \(run.value); the least is 0")
            }
        },
        Check(
            Rule(
                "optimizer 2", "reports what it found",
                "The value of its result is the function's value there, as it was told, and all coordinates are finite."
            )
        ) { optimizer in
            for problem in [TestFunction.quadratic, .rosenbrock] {
                guard let run = try answerOrRefusal("minimise \(problem.name)", { try minimise(optimizer, problem) })
                else { continue }
                let (value, _) = problem.evaluate(run.point)
                try require(
                    Difference.same(value, run.value, 1e-12) && run.point.allSatisfy(\.isFinite),
                    "minimise \(problem.name)", "it reports \(run.value) where the function is \(value)")
            }
        },
        Check(
            Rule(
                "optimizer 3", "asks the same again",
                "Two sessions from the same start ask for the same points, bit for bit.")
        ) { optimizer in
            var sessions = [
                optimizer.start(at: TestFunction.rosenbrock.start), optimizer.start(at: TestFunction.rosenbrock.start),
            ]
            for step in 0..<40 {
                try requireEqual(
                    difference(sessions[0].request, sessions[1].request), "compare request \(step + 1) of two sessions")
                guard case .evaluate(let point, _) = sessions[0].request else { break }
                let (value, gradient) = TestFunction.rosenbrock.evaluate(point)
                for place in 0..<2 { _ = try sessions[place].tell(value: value, gradient: gradient) }
            }
        },
        Check(
            Rule(
                "optimizer 4", "continues from a snapshot",
                "A session restored from a snapshot, taken at any request, asks for the same points as the one it was "
                    + "taken from, bit for bit.")
        ) { optimizer in
            for pause in [0, 1, 2, 5, 13] {
                var session = optimizer.start(at: TestFunction.rosenbrock.start)
                for _ in 0..<pause { try advance(&session) }
                let snapshot = try attempt("take a snapshot after \(pause) answers") { try session.snapshot() }
                var restored = optimizer.start(at: [0, 0])
                try attempt("restore a snapshot") { try restored.restore(snapshot) }
                for step in 0..<60 {
                    try requireEqual(
                        difference(session.request, restored.request),
                        "compare request \(step + 1) after restoring a snapshot taken after \(pause) answers")
                    guard case .evaluate = session.request else { break }
                    try advance(&session)
                    try advance(&restored)
                }
                try require(
                    session.iteration == restored.iteration, "count iterations after restoring",
                    "\(session.iteration) and \(restored.iteration)")
            }
        },
        Check(
            Rule(
                "optimizer 5", "refuses a damaged snapshot",
                "A snapshot without its JSON, with half of it, or without a tensor is refused by an error.")
        ) { optimizer in
            var session = optimizer.start(at: TestFunction.rosenbrock.start)
            for _ in 0..<5 { try advance(&session) }
            for damaged in try DamagedState.refusable(try session.snapshot())
            where damaged.damage != "of a newer version" {
                try requireRefusal("restore a snapshot \(damaged.damage)") {
                    var other = optimizer.start(at: [0, 0])
                    try other.restore(damaged.state)
                }
            }
        },
        Check(
            Rule(
                "optimizer 6", "ends where values are not numbers",
                "A value or gradient that is NaN or infinite, at the start or later, leads to an error or an end: never to "
                    + "asking for ever, never to a point that is not finite or called converged.")
        ) { optimizer in
            for (bad, name) in [(Double.nan, "NaN"), (.infinity, "infinity")] {
                for healthy in [0, 3] {
                    for isGradient in [false, true] {
                        let attempted =
                            "answer \(name) as the \(isGradient ? "gradient" : "value") from request \(healthy + 1) on"
                        try poison(optimizer, healthy: healthy, value: bad, isGradient: isGradient, attempted)
                    }
                }
            }
        },
        Check(
            Rule(
                "optimizer 7", "ends where there is no minimum",
                "On a linear function, which falls without end, and on a constant one, it ends or refuses by an error.")
        ) { optimizer in
            for problem in [TestFunction.linear, .constant] {
                _ = try answerOrRefusal("minimise \(problem.name)") { try minimise(optimizer, problem) }
            }
        },
        Check(
            Rule(
                "optimizer 8", "refuses a gradient of another length",
                "A gradient with more or fewer numbers than variables is refused by an error; no variables are no reason "
                    + "to trap.")
        ) { optimizer in
            for count in [0, 1, 3] {
                try requireRefusal("answer a gradient of \(count) for 2 variables") {
                    var session = optimizer.start(at: [1, 2])
                    return try session.tell(value: 1, gradient: [Double](repeating: 1, count: count))
                }
            }
            _ = try answerOrRefusal("minimise a function of no variables") {
                var session = optimizer.start(at: [])
                for _ in 0..<100 { _ = try session.tell(value: 1, gradient: []) }
            }
        },
    ]

    private static func advance(_ session: inout any OptimizerSession) throws {
        guard case .evaluate(let point, _) = session.request else { return }
        let (value, gradient) = TestFunction.rosenbrock.evaluate(point)
        _ = try session.tell(value: value, gradient: gradient)
    }

    private static func minimise(
        _ optimizer: any Optimizer, _ problem: TestFunction
    ) throws -> (point: [Double], value: Double, hasConverged: Bool) {
        var session = optimizer.start(at: problem.start)
        for _ in 0..<mostRequests {
            switch session.request {
            case .done(let point, let value, _, let hasConverged): return (point, value, hasConverged)
            case .evaluate(let point, _):
                try require(
                    point.count == problem.start.count, "minimise \(problem.name)",
                    "it asks for \(point.count) variables")
                let (value, gradient) = problem.evaluate(point)
                _ = try session.tell(value: value, gradient: gradient)
            }
        }
        throw Breach("minimise \(problem.name)", "it did not end after \(mostRequests) evaluations")
    }

    private static func poison(
        _ optimizer: any Optimizer, healthy: Int, value bad: Double, isGradient: Bool, _ attempted: String
    ) throws {
        let problem = TestFunction.rosenbrock
        var session = optimizer.start(at: problem.start)
        for step in 0..<mostRequests {
            guard case .evaluate(let point, _) = session.request else { break }
            var (value, gradient) = problem.evaluate(point)
            if step >= healthy {
                if isGradient { gradient[0] = bad } else { value = bad }
            }
            guard try answerOrRefusal(attempted, { try session.tell(value: value, gradient: gradient) }) != nil else {
                return
            }
        }
        guard case .done(let point, let value, _, let hasConverged) = session.request else {
            throw Breach(attempted, "it did not end after \(mostRequests) evaluations")
        }
        try require(
            point.allSatisfy(\.isFinite) && !hasConverged, attempted,
            "the result is \(point) with the value \(value), \(hasConverged ? "" : "not ")converged")
    }

    private static func difference(_ left: OptimizerRequest, _ right: OptimizerRequest) -> String? {
        switch (left, right) {
        case (.evaluate(let old, let oldRows), .evaluate(let new, let newRows)):
            oldRows == newRows ? Difference.between(old, new) : "\(oldRows) rows became \(newRows)"
        case (
            .done(let old, let oldValue, let oldCount, let oldEnd),
            .done(let new, let newValue, let newCount, let newEnd)
        ):
            oldCount == newCount && oldEnd == newEnd
                ? Difference.between(old + [oldValue], new + [newValue]) : "\(left) became \(right)"
        default: "\(left) became \(right)"
        }
    }
}
