import ApusCore

/// Where a minimisation came to; `hasConverged` is nil if it is not over.
struct Minimisation {
    var point: [Double]
    var evaluations = 0
    var iterations = 0
    var hasConverged: Bool?
}

/// Lets a session minimise `function` from `start`, for `limit` evaluations at most.
func minimise(
    _ session: inout any OptimizerSession, from start: [Double], limit: Int = .max,
    _ function: ([Double]) -> (Double, [Double])
) throws -> Minimisation {
    var found = Minimisation(point: start)
    while found.evaluations < limit, case .evaluate = session.request {
        found.evaluations += 1
        let (value, gradient) = function(found.point)
        _ = try session.tell(value: value, gradient: gradient, at: &found.point)
    }
    found.iterations = session.iteration
    if case .done(_, _, let hasConverged) = session.request { found.hasConverged = hasConverged }
    return found
}

/// Lets a new session do it.
func minimise(
    _ optimizer: any Optimizer, from start: [Double], _ function: ([Double]) -> (Double, [Double])
) throws -> Minimisation {
    var session = optimizer.start(dimension: start.count)
    return try minimise(&session, from: start, function)
}

/// Rosenbrock's valley in pairs of variables; least at all ones.
func rosenbrock(_ x: [Double]) -> (Double, [Double]) {
    var (value, gradient) = (0.0, [Double](repeating: 0, count: x.count))
    for i in stride(from: 0, to: x.count - 1, by: 2) {
        let (a, b) = (1 - x[i], x[i + 1] - x[i] * x[i])
        value += a * a + 100 * b * b
        gradient[i] = -2 * a - 400 * x[i] * b
        gradient[i + 1] = 200 * b
    }
    return (value, gradient)
}

/// Curvatures from 1 to 10, least at 0.1, 0.2, …
func bowl(_ x: [Double]) -> (Double, [Double]) {
    let shifted = x.indices.map { x[$0] - 0.1 * Double($0 + 1) }
    let curvatures = x.indices.map { 1 + 9 * Double($0) / Double(max(1, x.count - 1)) }
    return (
        zip(curvatures, shifted).reduce(0) { $0 + 0.5 * $1.0 * $1.1 * $1.1 }, zip(curvatures, shifted).map { $0 * $1 }
    )
}
