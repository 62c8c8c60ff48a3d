import ApusCore
import ApusKernels

/// Half the gamma deviance of numbers above 0; the score is the logarithm of the mean.
package struct GammaError: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.gamma",
        summary: "Half the gamma deviance of numbers above 0: the score is the log of the mean",
        source: "McCullagh and Nelder, Generalized Linear Models, 1989", tasks: [.regression],
        weights: .exact(tolerance: 1e-12))

    package init() {}

    package func width(for target: Target) throws -> Int {
        _ = try target.numbers(for: self)
        return 1
    }

    /// One; throws for classes and for numbers that are not above 0.
    package func scores(for target: Target) throws -> Int {
        _ = try positive(target)
        return 1
    }

    package func link(for target: Target) -> Link { .exponential }

    /// The logarithm of the mean.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let mean = try WeightedMean.of(try positive(target), weights)
        guard mean > 0 else { throw ApusError("\(Self.descriptor.id) needs a row that weighs more than 0") }
        return [DeterministicMath.log(mean)]
    }

    private func positive(_ target: Target) throws -> Buffer<Double> {
        try target.numbers(
            for: self, "numbers above 0",
            remedy: "Use objective.poisson for zeros or objective.squared, or leave out such rows."
        ) { $0 >= .leastNormalMagnitude && $0.isFinite }
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .values(let values) = target else { return .nan }
        return kernels.gamma(
            rows.count, targets: values.unsafePointer + rows.first, weights: rows.weights, scores: rows.scores,
            outputs: rows.outputs)
    }
}
