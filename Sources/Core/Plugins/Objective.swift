/// Loss, gradient, hessian, link and initial score: what trees and gradient descent minimise.
public protocol Objective: Plugin {
    /// How many scores a row has for this target; throws where it does not fit.
    func scores(for target: Target) throws -> Int
    /// The constant scores of least loss, `scores(for:)` of them.
    func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double]
    /// For rows in `rows`, reads row-major scores `(all rows, scores)` and writes gradient and hessian of the loss with
    /// respect to each, times the row's weight, at the same positions; returns the weighted sum of losses. Bits depend
    /// on neither the backend nor the processor.
    func evaluate(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        gradients: UnsafeMutableBufferPointer<Double>, hessians: UnsafeMutableBufferPointer<Double>, backend: Backend
    ) -> Double
    /// What the scores for this target mean; `link(for:).scores(for:)` is `scores(for:)`. A model saves it.
    func link(for target: Target) -> Link
    /// The sum of weighted losses alone.
    func loss(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        backend: Backend
    ) -> Double
}

extension Objective {
    /// An objective.
    public static var kind: PluginKind { .objective }
}

/// An objective that has to know all training rows, such as how often each class occurs. Without being fitted it takes
/// the rows of the target that it is given each time, which is slower, and differs for a validation part.
public protocol TargetFitting: Objective {
    /// The objective for models that learn `target`.
    func fitted(to target: Target) throws -> any Objective
}

/// An objective that finds the best constant for some rows by itself: a piecewise linear loss has no curvature that
/// would tell a Newton step how far to go. Trees then set each leaf to that constant. Only for one score a row.
public protocol LeafSolving: Objective {
    /// The number that makes the weighted loss of `rows` (nil: of all rows) least when it is added to each of their
    /// scores, whatever the order of the rows. Any of several equally good ones; 0 where no row weighs.
    func leafValue(
        _ target: Target, weights: Buffer<Double>?, rows: UnsafeBufferPointer<UInt32>?,
        scores: UnsafeBufferPointer<Double>
    ) -> Double
}
