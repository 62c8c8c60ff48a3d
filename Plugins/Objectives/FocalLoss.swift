import ApusCore
import ApusKernels

/// Log loss that rows which are already right hardly count in: `-alpha (1 - p)^gamma ln p`, with p the probability of
/// the truth. Two classes by one score; more by one score each, against the others.
package struct FocalLoss: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.focal", summary: "Log loss that counts rows less the surer they are right; for rare classes",
        source: "Lin et al., Focal Loss for Dense Object Detection, ICCV 2017", tasks: [.binary, .multiclass],
        weights: .exact(tolerance: 1e-9))

    /// How little sure rows count; 0 is the log loss.
    @Parameter("How fast rows count less as they become sure; 0 is the log loss.", in: .from(0, to: 20))
    package var gamma = 2.0
    /// The weight of the positive class (of each class, where there are several).
    @Parameter("Weight of the positive class; the other, or the rest, weighs 1 - alpha.", in: .between(0, 1))
    package var alpha = 0.25

    package init() {}

    package func width(for target: Target) throws -> Int {
        let labels = try target.classes(for: self).labels
        return labels.count <= 2 ? 1 : labels.count
    }

    package func link(for target: Target) -> Link { target.task == .binary ? .logistic : .oneVersusAll }

    /// For each score the constant of least loss, which has no formula: by halving.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let (codes, labels) = try target.classes(for: self)
        let shares = ClassShares(codes: codes, classes: labels.count, weights: weights).shares
        return (labels.count <= 2 ? [shares[1]] : shares).map(constant)
    }

    private func constant(_ share: Double) -> Double {
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<100 {
            let middle = low + (high - low) / 2
            let slope = share * alpha * pull(middle) - (1 - share) * (1 - alpha) * pull(-middle)
            if slope < 0 { low = middle } else { high = middle }
        }
        return low + (high - low) / 2
    }

    /// The derivative of `-(1 - p)^gamma ln p` with respect to the log odds of p.
    private func pull(_ z: Double) -> Double {
        let rest = DeterministicMath.log(1 + DeterministicMath.exp(-abs(z)))
        let (logP, logQ) = (-(max(-z, 0) + rest), -(max(z, 0) + rest))
        return DeterministicMath.exp(gamma * logQ)
            * (gamma * DeterministicMath.exp(logP) * logP - DeterministicMath.exp(logQ))
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .classes(let codes, let labels) = target else { return .nan }
        return kernels.focal(
            rows.count, width: labels.count <= 2 ? 1 : labels.count, gamma: gamma, alpha: alpha,
            codes: codes.unsafePointer + rows.first, weights: rows.weights, scores: rows.scores, outputs: rows.outputs)
    }
}
