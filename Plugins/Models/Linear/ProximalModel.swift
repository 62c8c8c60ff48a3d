import ApusCore
import ApusKernels

/// A quadratic model of a logistic loss, which `ProximalNewton` steps by.
protocol ProximalModel {
    /// How many variables of several scores one step may move; nil for one score at a time, and all columns that the
    /// slope calls for.
    var capacity: Int? { get }

    /// The change of all variables that minimises the model at `reached`, with both penalties, in the variables of
    /// `part`, to about `tol` in its subgradients.
    func direction(
        _ part: ProximalNewton.Part, from reached: ProximalNewton.Reached, tol: Double, _ kernels: Kernels,
        in context: RunContext
    ) throws -> [Double]
}

extension ProximalModel {
    /// Curvature that a row keeps, so that separable classes leave equations that can be solved.
    static var leastCurvature: Double { 1e-9 }
}
