/// Turns gradients into steps; knows no model.
public protocol Optimizer: Plugin {
    /// A session that minimises a function of `dimension` variables from `start`.
    func start(at start: [Double]) -> any OptimizerSession
}

extension Optimizer {
    /// An optimizer.
    public static var kind: PluginKind { .optimizer }
}

/// What an optimizer wants next.
public enum OptimizerRequest: Sendable {
    /// Which rows to evaluate on.
    public enum Rows: Sendable, Equatable {
        /// All rows.
        case all
        /// The next batch.
        case batch
    }

    /// The value and the gradient at this point.
    case evaluate(at: [Double], on: Rows)
    /// Nothing: this is the result, found in so many iterations; `hasConverged` is false if a limit ended it.
    case done(at: [Double], value: Double, iterations: Int, hasConverged: Bool)
}

/// One minimisation. The caller answers each request by `tell`.
public protocol OptimizerSession {
    /// What is wanted first.
    var request: OptimizerRequest { get }
    /// Finished iterations so far.
    var iteration: Int { get }
    /// Takes the value and gradient at the requested point and returns the next request.
    mutating func tell(value: Double, gradient: [Double]) throws -> OptimizerRequest
    /// All that is needed to continue bit for bit.
    func snapshot() throws -> State
    /// Continues from a snapshot.
    mutating func restore(_ state: State) throws
}
