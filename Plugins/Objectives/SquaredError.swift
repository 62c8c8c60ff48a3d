import ApusCore
import ApusKernels

/// Half the squared error, `(score - target)² / 2`: gradient `score - target`, hessian 1.
package struct SquaredError: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.squared", summary: "Half the squared error: the score is the mean", tasks: [.regression],
        weights: .exact(tolerance: 1e-12))

    package init() {}

    package func width(for target: Target) throws -> Int {
        _ = try target.numbers(for: self)
        return 1
    }

    package func link(for target: Target) -> Link { .identity }

    /// The weighted mean, whatever the order of the rows.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        [try WeightedMean.of(target.numbers(for: self), weights)]
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .values(let values) = target else { return .nan }
        return kernels.squared(
            rows.count, targets: values.unsafePointer + rows.first, weights: rows.weights, scores: rows.scores,
            outputs: rows.outputs)
    }
}
