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

    /// Measures the target of `rows`; throws where it holds classes or a value that is not finite.
    init(
        _ rows: TrainingRows, for learner: any Plugin.Type, isCentred: Bool, _ kernels: Kernels, in context: RunContext
    )
        throws
    {
        guard case .values(let target) = try rows.target else {
            throw ApusError(
                "\(learner.descriptor.id) learns numbers, found a \(try rows.target.task.rawValue) target",
                remedy: "Use model.logistic_regression.", kind: .usage)
        }
        var found = try kernels.moments([target], weights: rows.weights)
        try context.communicator.combine(&found)
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
