import ApusCore
import ApusKernels

/// Log loss of several classes over a softmax of one score a class: gradient `p_k - [k = class]`, hessian
/// `p_k (1 - p_k) classes / (classes - 1)`.
package struct SoftmaxLoss: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.softmax", summary: "Log loss of several classes over a softmax of one score each",
        tasks: [.binary, .multiclass], weights: .exact(tolerance: 1e-12))

    package init() {}

    package func width(for target: Target) throws -> Int { try target.manyClasses(for: self).labels.count }

    package func link(for target: Target) -> Link { .softmax }

    /// The logarithms of the classes' shares.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let (codes, labels) = try target.manyClasses(for: self)
        return ClassShares(codes: codes, classes: labels.count, weights: weights).shares.map(DeterministicMath.log)
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .classes(let codes, let labels) = target else { return .nan }
        return kernels.softmax(
            rows.count, classes: labels.count, codes: codes.unsafePointer + rows.first, weights: rows.weights,
            scores: rows.scores, outputs: rows.outputs)
    }
}
