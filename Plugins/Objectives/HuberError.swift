import ApusCore
import ApusKernels

/// Half the squared error of small errors, linear in large ones. Trees set their leaves to the minimiser over what is
/// left: a Newton step is never longer than delta, whatever the target's unit.
package struct HuberError: ResidualObjective {
    package static let descriptor = Descriptor(
        id: "objective.huber", summary: "Half the squared error up to delta, linear beyond it",
        source: "Huber, Annals of Mathematical Statistics 35 (1964)", tasks: [.regression],
        weights: .exact(tolerance: 1e-9))

    /// Where the loss becomes linear.
    @Parameter("The error beyond which the loss is linear, in the target's unit.", in: .above(0))
    package var delta = 1.0

    package init() {}

    package func centre(of residuals: Residuals) -> Double { residuals.huberCentre(delta) }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .values(let values) = target else { return .nan }
        return kernels.huber(
            rows.count, delta: delta, targets: values.unsafePointer + rows.first, weights: rows.weights,
            scores: rows.scores, outputs: rows.outputs)
    }
}
