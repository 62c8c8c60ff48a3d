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
