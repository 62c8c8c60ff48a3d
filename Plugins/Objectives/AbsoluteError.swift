import ApusCore
import ApusKernels

/// The absolute error; the score is the median. Trees set their leaves to the median of what is left.
package struct AbsoluteError: ResidualObjective {
    package static let descriptor = Descriptor(
        id: "objective.absolute", summary: "The absolute error: the score is the median",
        source: "Friedman, Annals of Statistics 29 (2001), LAD_TreeBoost", tasks: [.regression],
        weights: .exact(tolerance: 1e-12))

    package init() {}

    package func centre(of residuals: Residuals) -> Double { residuals.quantile(0.5) }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .values(let values) = target else { return .nan }
        return kernels.pinball(
            rows.count, under: 1, over: 1, targets: values.unsafePointer + rows.first, weights: rows.weights,
            scores: rows.scores, outputs: rows.outputs)
    }
}
