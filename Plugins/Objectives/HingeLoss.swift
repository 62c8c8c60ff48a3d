import ApusCore
import ApusKernels

/// `max(0, 1 - score)` for the second of two classes, `max(0, 1 + score)` for the first. The sign of the score is the
/// answer; its logistic stands in for a probability and is not calibrated.
package struct HingeLoss: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.hinge", summary: "The hinge loss of two classes; probabilities are not calibrated",
        source: "Cortes and Vapnik, Machine Learning 20 (1995)", tasks: [.binary], weights: .exact(tolerance: 1e-12))

    package init() {}

    package func width(for target: Target) throws -> Int {
        _ = try target.twoClasses(for: self)
        return 1
    }

    package func link(for target: Target) -> Link { .logistic }

    /// 1 or -1: the margin of the heavier class.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let (codes, labels) = try target.twoClasses(for: self)
        return [ClassShares(codes: codes, classes: labels.count, weights: weights).shares[1] > 0.5 ? 1 : -1]
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .classes(let codes, _) = target else { return .nan }
        return kernels.hinge(
            rows.count, width: 1, codes: codes.unsafePointer + rows.first, weights: rows.weights, scores: rows.scores,
            outputs: rows.outputs)
    }
}
