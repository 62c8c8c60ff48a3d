import ApusCore
import ApusKernels

/// Half the Poisson deviance of counts; the score is the logarithm of the mean.
package struct PoissonError: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.poisson", summary: "Half the Poisson deviance of counts: the score is the log of the mean",
        source: "McCullagh and Nelder, Generalized Linear Models, 1989", tasks: [.regression],
        weights: .exact(tolerance: 1e-12))

    /// Raises the hessian by `e^max_delta_step`.
    @Parameter(
        "Raises the hessian by e to this power, so that steps stay safe where rates are small.", in: .from(0, to: 20))
    package var maxDeltaStep = 0.7

    package init() {}

    package func width(for target: Target) throws -> Int {
        _ = try target.numbers(for: self)
        return 1
    }

    /// One; throws for classes and for numbers below 0.
    package func scores(for target: Target) throws -> Int {
        _ = try counts(target)
        return 1
    }

    package func link(for target: Target) -> Link { .exponential }

    /// The logarithm of the mean.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let mean = try WeightedMean.of(try counts(target), weights)
        guard mean > 0 else {
            throw ApusError("\(Self.descriptor.id) needs a count above 0, all that weigh are 0")
        }
        return [DeterministicMath.log(mean)]
    }

    private func counts(_ target: Target) throws -> Buffer<Double> {
        try target.numbers(
            for: self, "numbers that are not negative", remedy: "Use objective.squared, or leave out such rows."
        ) { $0 >= 0 && $0.isFinite }
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .values(let values) = target else { return .nan }
        return kernels.poisson(
            rows.count, curvature: DeterministicMath.exp(maxDeltaStep), targets: values.unsafePointer + rows.first,
            weights: rows.weights, scores: rows.scores, outputs: rows.outputs)
    }
}
