import ApusCore
import ApusKernels

/// The sum over the classes of the log loss of each against the others, one score each.
package struct OneVersusAllLoss: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.one_vs_all", summary: "Log loss of each class against the others, one score each",
        source: "Rifkin and Klautau, Journal of Machine Learning Research 5 (2004)", tasks: [.binary, .multiclass],
        weights: .exact(tolerance: 1e-12))

    package init() {}

    package func width(for target: Target) throws -> Int { try target.manyClasses(for: self).labels.count }

    package func link(for target: Target) -> Link { .oneVersusAll }

    /// The log odds of each class.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let (codes, labels) = try target.manyClasses(for: self)
        return ClassShares(codes: codes, classes: labels.count, weights: weights).shares.map {
            DeterministicMath.log($0 / (1 - $0))
        }
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .classes(let codes, let labels) = target else { return .nan }
        return kernels.oneVersusAll(
            rows.count, width: labels.count, codes: codes.unsafePointer + rows.first, weights: rows.weights,
            scores: rows.scores, outputs: rows.outputs)
    }
}
