/// Turns gradients into steps; knows no model.
public protocol Optimizer: Plugin {
    /// A session that minimises a function of `dimension` variables.
    func start(dimension: Int) -> any OptimizerSession
    /// The same session, whose steps may take so many threads; 0 means all. Not a bit depends on them.
    func start(dimension: Int, threads: Int) -> any OptimizerSession
}

extension Optimizer {
    /// An optimizer.
    public static var kind: PluginKind { .optimizer }
    /// On one thread, for optimizers that know no other way.
    public func start(dimension: Int, threads: Int) -> any OptimizerSession { start(dimension: dimension) }
}

/// What an optimizer wants next.
public enum OptimizerRequest: Sendable, Equatable {
    /// Which rows to evaluate on.
    public enum Rows: Sendable, Equatable {
        /// All rows.
        case all
        /// The next batch; all rows where a caller makes none.
        case batch
    }

    /// The value and the gradient at the point.
    case evaluate(on: Rows)
    /// Nothing: the point is the result, found in so many iterations; `hasConverged` is false if a limit ended it.
    case done(value: Double, iterations: Int, hasConverged: Bool)
}

/// One minimisation. The caller owns the point, which starts where it likes, and answers each request by `tell`.
public protocol OptimizerSession {
    /// What is wanted first, or next.
    var request: OptimizerRequest { get }
    /// Finished iterations so far.
    var iteration: Int { get }
    /// Takes the value and gradient at `point`, moves the point in place to where they are wanted next (at the end, to
    /// the result), and returns the next request. Between two calls nobody else moves the point. Throws where lengths
    /// differ, or where no step can be made from what was told.
    mutating func tell(value: Double, gradient: [Double], at point: inout [Double]) throws -> OptimizerRequest
    /// All but the point that is needed to continue bit for bit.
    func snapshot() throws -> State
    /// Continues from a snapshot; the caller brings back the point.
    mutating func restore(_ state: State) throws
}
