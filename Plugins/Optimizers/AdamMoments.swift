import ApusCore
import ApusKernels

/// The parameters and the step that Adam and AdamW share.
public struct AdamMoments: Configurable {
    /// What messages call it.
    public static let configurationName = "the moments"

    /// How slowly the mean gradient fades.
    @Parameter("Share of the mean gradient that stays.", in: .from(0, to: 0.999999)) public var beta1 = 0.9
    /// How slowly the mean square fades.
    @Parameter("Share of the mean squared gradient that stays.", in: .from(0, to: 0.9999999)) public var beta2 = 0.999
    /// What keeps steps finite.
    @Parameter("Added to the root, so that steps stay finite.", in: .above(0)) public var eps = 1e-8

    /// All parameters at their defaults.
    public init() {}

    /// `m ← beta1 · m + (1 − beta1) · g; s ← beta2 · s + (1 − beta2) · g²; x ← keep · x − rate · m' / (√s' + eps)`,
    /// with `g ← g + decay · x`, and m', s' corrected for their start at 0.
    func step(
        _ step: Step, decay: Double, keep: Double, _ gradient: UnsafePointer<Double>,
        _ point: UnsafeMutablePointer<Double>
    ) {
        let adam = StepKernels.Adam(
            beta1: beta1, beta2: beta2, rate: step.rate / (1 - beta1.power(step.number)),
            scale: 1 / (1 - beta2.power(step.number)).squareRoot(), eps: eps, keep: keep, decay: decay)
        StepKernels.adam(
            step.count, adam, gradient, means: step.memory(0), squares: step.memory(1), point: point)
    }
}
