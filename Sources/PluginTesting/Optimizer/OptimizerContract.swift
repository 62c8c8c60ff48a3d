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
            var descents = [Descent(optimizer, .rosenbrock), Descent(optimizer, .rosenbrock)]
            for step in 0..<40 {
                try requireEqual(
                    descents[0].difference(from: descents[1]), "compare request \(step + 1) of two sessions")
                for place in 0..<2 { try descents[place].advanceOrStop() }
            }
        },
        Check(
            Rule(
                "optimizer 4", "continues from a snapshot",
                "A session restored from a snapshot, taken at any request, asks for the same points as the one it was "
                    + "taken from, bit for bit.")
        ) { optimizer in
            for pause in [0, 1, 2, 5, 13] {
                var descent = Descent(optimizer, .rosenbrock)
                for _ in 0..<pause { try descent.advanceOrStop() }
                guard descent.refusal == nil else { break }
                let snapshot = try attempt("take a snapshot after \(pause) answers") { try descent.session.snapshot() }
                var restored = Descent(optimizer, .rosenbrock)
                restored.point = descent.point
                try attempt("restore a snapshot") { try restored.session.restore(snapshot) }
                for step in 0..<60 {
                    try requireEqual(
                        descent.difference(from: restored),
                        "compare request \(step + 1) after restoring a snapshot taken after \(pause) answers")
                    try descent.advanceOrStop()
                    try restored.advanceOrStop()
                }
                try require(
                    descent.session.iteration == restored.session.iteration, "count iterations after restoring",
                    "\(descent.session.iteration) and \(restored.session.iteration)")
            }
        },
        Check(
            Rule(
                "optimizer 5", "refuses a damaged snapshot",
                "A snapshot without its JSON, with half of it, or without a tensor is refused by an error.")
        ) { optimizer in
            var descent = Descent(optimizer, .rosenbrock)
            for _ in 0..<5 { try descent.advanceOrStop() }
            for damaged in try DamagedState.refusable(try descent.session.snapshot())
            where damaged.damage != "of a newer version" {
                try requireRefusal("restore a snapshot \(damaged.damage)") {
                    var other = optimizer.start(dimension: 2)
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
                    var session = optimizer.start(dimension: 2)
                    var point = [1.0, 2]
                    return try session.tell(value: 1, gradient: [Double](repeating: 1, count: count), at: &point)
                }
            }
            _ = try answerOrRefusal("minimise a function of no variables") {
                var session = optimizer.start(dimension: 0)
                var point: [Double] = []
                for _ in 0..<100 { _ = try session.tell(value: 1, gradient: [], at: &point) }
            }
        },
    ]

    /// A session at work on a function.
    private struct Descent {
        let problem: TestFunction
        var session: any OptimizerSession
        var point: [Double]
        /// What it refused to go on by; a step that is too long for the function breaks no rule.
        private(set) var refusal: ApusError?

        init(_ optimizer: any Optimizer, _ problem: TestFunction) {
            self.problem = problem
            session = optimizer.start(dimension: problem.start.count)
            point = problem.start
        }

        /// Answers a request by the truth, or notes that it is refused.
        mutating func advanceOrStop() throws {
            guard refusal == nil else { return }
            do {
                try advance()
            } catch let error as ApusError {
                refusal = error
            }
        }

        /// Answers a request by the truth, unless `change` makes something else of it.
        mutating func advance(_ change: (inout Double, inout [Double]) -> Void = { _, _ in }) throws {
            guard case .evaluate = session.request else { return }
            var (value, gradient) = problem.evaluate(point)
            change(&value, &gradient)
            _ = try session.tell(value: value, gradient: gradient, at: &point)
            try require(
                point.count == problem.start.count, "minimise \(problem.name)",
                "it asks for \(point.count) variables")
        }

        func difference(from other: Descent) -> String? {
            if session.request != other.session.request { return "\(session.request) became \(other.session.request)" }
            if refusal != other.refusal { return "one refused to go on" }
            return Difference.between(point, other.point)
        }
    }

    private static func minimise(
        _ optimizer: any Optimizer, _ problem: TestFunction
    ) throws -> (point: [Double], value: Double, hasConverged: Bool) {
        var descent = Descent(optimizer, problem)
        for _ in 0..<mostRequests {
            if case .done(let value, _, let hasConverged) = descent.session.request {
                return (descent.point, value, hasConverged)
            }
            try descent.advance()
        }
        throw Breach("minimise \(problem.name)", "it did not end after \(mostRequests) evaluations")
    }

    private static func poison(
        _ optimizer: any Optimizer, healthy: Int, value bad: Double, isGradient: Bool, _ attempted: String
    ) throws {
        var descent = Descent(optimizer, .rosenbrock)
        for step in 0..<mostRequests {
            guard case .evaluate = descent.session.request else { break }
            let answered: Void? = try answerOrRefusal(attempted) {
                try descent.advance { value, gradient in
                    guard step >= healthy else { return }
                    if isGradient { gradient[0] = bad } else { value = bad }
                }
            }
            if answered == nil { return }
        }
        guard case .done(let value, _, let hasConverged) = descent.session.request else {
            throw Breach(attempted, "it did not end after \(mostRequests) evaluations")
        }
        try require(
            descent.point.allSatisfy(\.isFinite) && !hasConverged, attempted,
            "the result is \(descent.point) with the value \(value), \(hasConverged ? "" : "not ")converged")
    }
}
