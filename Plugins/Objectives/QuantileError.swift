import ApusCore
import ApusKernels

/// The pinball loss; the score is a quantile. Trees set their leaves to that quantile of what is left.
package struct QuantileError: ResidualObjective {
    package static let descriptor = Descriptor(
        id: "objective.quantile", summary: "The pinball loss: the score is the quantile alpha",
        source: "Koenker and Bassett, Econometrica 46 (1978)", tasks: [.regression],
        weights: .exact(tolerance: 1e-12))

    /// The share of targets that lie below the score.
    @Parameter("The share of targets below the score.", in: .between(0, 1)) package var alpha = 0.9

    package init() {}

    package func centre(of residuals: Residuals) -> Double { residuals.quantile(alpha) }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .values(let values) = target else { return .nan }
        return kernels.pinball(
            rows.count, under: alpha, over: 1 - alpha, targets: values.unsafePointer + rows.first,
            weights: rows.weights, scores: rows.scores, outputs: rows.outputs)
    }
}
