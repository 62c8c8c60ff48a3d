import ApusCore
import ApusKernels

/// Log loss of two classes; the score is the log odds of the second: gradient `p - y`, hessian `p (1 - p)`.
package struct LogisticLoss: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.logistic", summary: "Log loss of two classes: the score is the log odds of the second",
        tasks: [.binary], weights: .exact(tolerance: 1e-12))

    package init() {}

    package func width(for target: Target) throws -> Int {
        _ = try target.twoClasses(for: self)
        return 1
    }

    package func link(for target: Target) -> Link { .logistic }

    /// The log odds of the second class.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let (codes, labels) = try target.twoClasses(for: self)
        return [ClassShares(codes: codes, classes: labels.count, weights: weights).logOdds]
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .classes(let codes, _) = target else { return .nan }
        return kernels.logistic(
            rows.count, codes: codes.unsafePointer + rows.first, weights: rows.weights, scores: rows.scores,
            outputs: rows.outputs)
    }
}
