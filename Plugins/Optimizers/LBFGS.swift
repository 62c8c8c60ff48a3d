import ApusCore

/// Limited-memory quasi-Newton descent with a line search that meets the strong Wolfe conditions.
///
/// Minimises a smooth function from its values and gradients on all rows. Memory: `2 · history` vectors.
/// Source: Nocedal and Wright, "Numerical Optimization", 2nd edition, algorithms 7.4 and 3.5; the acceptance of steps
/// whose gain is lost in rounding follows Hager and Zhang, "A new conjugate gradient method with guaranteed descent and
/// an efficient line search", SIAM J. Optim. 16 (2005).
public struct LBFGS: Optimizer {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "optimizer.lbfgs", summary: "Limited-memory BFGS with a strong Wolfe line search",
        source: "Nocedal and Wright, Numerical Optimization, 2006")

    /// Iterations at most.
    @Parameter("Iterations at most.", in: .from(1)) public var maxIter = 1000
    /// The gradient at which the search ends.
    @Parameter("Stop when no component of the gradient exceeds this.", in: .from(0)) public var tol = 1e-6
    /// The relative gain at which the search ends.
    @Parameter("Stop when five iterations in a row lower the value by less than this share of it.", in: .from(0))
    public var ftol = 0x1p-50
    /// How many past steps shape the next.
    @Parameter("Past steps that shape the next direction.", in: .from(1, to: 1000)) public var history = 10

    /// All parameters at their defaults.
    public init() {}

    /// A session that minimises a function of `dimension` variables.
    public func start(dimension: Int) -> any OptimizerSession { LBFGSSession(self, dimension: dimension) }
}
