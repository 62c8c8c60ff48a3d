import ApusCore
import ApusKernels

/// The sum over the labels of the log loss of each, one score each.
package struct MultilabelLoss: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.multilabel", summary: "Log loss of each of several labels that may hold at once",
        tasks: [.multilabel], weights: .exact(tolerance: 1e-12))

    package init() {}

    package func width(for target: Target) throws -> Int { try flags(target).labels.count }

    package func link(for target: Target) -> Link { .sigmoid }

    /// The log odds of each label.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let (flags, labels) = try flags(target)
        return labels.indices.map { label in
            let codes = Buffer<Int32>(count: target.count) { codes in
                for row in codes.indices { codes[row] = flags[row * labels.count + label] != 0 ? 1 : 0 }
            }
            return ClassShares(codes: codes, classes: 2, weights: weights).logOdds
        }
    }

    private func flags(_ target: Target) throws -> (flags: Buffer<UInt8>, labels: [String]) {
        if case .flags(let flags, let labels) = target { return (flags, labels) }
        throw ApusError(
            "\(Self.descriptor.id) needs a target of several labels, found a \(target.task.rawValue) target",
            remedy: "Use objective.\(target.task == .regression ? "squared" : "one_vs_all").", kind: .usage)
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .flags(let flags, let labels) = target else { return .nan }
        return kernels.multilabel(
            rows.count, width: labels.count, flags: flags.unsafePointer + rows.first * labels.count,
            weights: rows.weights, scores: rows.scores, outputs: rows.outputs)
    }
}
