import ApusCore
import ApusKernels

/// A numeric target with the mean and scale that bring it to mean 0 and deviation 1.
struct StandardTarget {
    let column: Buffer<Double>
    /// 0 without an intercept.
    let mean: Double
    /// The deviation (the root mean square without an intercept); 0 where there is nothing to explain.
    let scale: Double
    /// Σ weight over the rows of all processes.
    let weight: Double

    /// The values at mean 0 and deviation 1.
    var standardized: [Double] { column.map { ($0 - mean) / scale } }

    /// The numbers of the target of `rows`; throws where it holds classes.
    static func numbers(of rows: TrainingRows, for learner: any Plugin.Type) throws -> Buffer<Double> {
        guard case .values(let target) = try rows.target else {
            throw ApusError(
                "\(learner.descriptor.id) learns numbers, found a \(try rows.target.task.rawValue) target",
                remedy: "Use model.logistic_regression.", kind: .usage)
        }
        return target
    }

    /// Measures the target, if `moments` are not known already; throws where a value is not finite.
    init(
        _ target: Buffer<Double>, weights: Buffer<Double>?, moments: Moments? = nil, isCentred: Bool,
        _ kernels: Kernels,
        in context: RunContext
    ) throws {
        var found = try moments.map { [$0] } ?? kernels.moments([target], weights: weights)
        if moments == nil { try context.communicator.combine(&found) }
        let moments = found[0]
        guard moments.mean.isFinite, moments.squares.isFinite else {
            try refuseNonFinite(target, "target")
            throw ApusError("the values are too large to square", at: "target", remedy: "Give it in another unit.")
        }
        column = target
        mean = isCentred ? moments.mean : 0
        scale =
            isCentred
            ? (moments.isConstant ? 0 : moments.deviation)
            : (moments.variance + moments.mean * moments.mean).squareRoot()
        weight = moments.weight
    }
}
