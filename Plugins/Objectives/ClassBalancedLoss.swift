import ApusCore
import ApusKernels

/// Log loss in which each class counts by the inverse of its effective number of rows: of n rows that may repeat what
/// others tell, `(1 - beta^n) / (1 - beta)` are worth a row each.
///
/// The weights of the classes sum to their number. A beta of 0 leaves all alike, one near 1 weighs by the inverse of
/// the number of rows. Rows are counted, whatever they weigh; a class without rows counts as one row. Two classes by
/// one score, more by a softmax. Source: Cui et al., "Class-balanced loss based on effective number of samples", CVPR
/// 2019, equations 2 and 12.
package struct ClassBalancedLoss: KernelObjective, TargetFitting {
    package static let descriptor = Descriptor(
        id: "objective.class_balanced",
        summary: "Log loss that weighs each class by the inverse of its effective number of rows",
        source: "Cui et al., CVPR 2019", tasks: [.binary, .multiclass], weights: .exact(tolerance: 1e-9))

    /// How much each further row of a class tells that earlier ones do not.
    @Parameter(
        "How much rows of a class repeat each other: 0 counts all rows alike, near 1 all classes alike.",
        in: .from(0, to: 0.999999999))
    package var beta = 0.999

    /// The weights of the classes of the training rows; empty where they are those of the target at hand.
    private var factors: [Double] = []

    package init() {}

    package func fitted(to target: Target) throws -> any Objective {
        var fitted = self
        fitted.factors = factors(of: try target.classes(for: self))
        return fitted
    }

    private func factors(of target: (codes: Buffer<Int32>, labels: [String])) -> [Double] {
        guard factors.isEmpty else { return factors }
        let labels = max(2, target.labels.count)
        guard beta > 0 else { return Array(repeating: 1, count: labels) }
        var counts = [Int](repeating: 0, count: labels)
        for code in target.codes { counts[Int(code)] += 1 }
        let inverses = counts.map {
            (1 - beta) / (1 - DeterministicMath.exp(Double(max(1, $0)) * DeterministicMath.log(beta)))
        }
        let sum = inverses.reduce(0, +)
        return inverses.map { $0 / sum * Double(labels) }
    }

    private func base(of target: Target) -> any KernelObjective {
        target.task == .binary ? LogisticLoss() : SoftmaxLoss()
    }

    package func width(for target: Target) throws -> Int {
        _ = try target.classes(for: self)
        return try base(of: target).width(for: target)
    }

    package func link(for target: Target) -> Link { base(of: target).link(for: target) }

    /// The log odds, or the logarithms, of the classes' shares of the weight.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let classes = try target.classes(for: self)
        let shares = ClassShares(codes: classes.codes, classes: classes.labels.count, weights: weights).shares
        let balanced = zip(shares, factors(of: classes)).map { $0 * $1 }
        if target.task == .binary { return [DeterministicMath.log(balanced[1] / balanced[0])] }
        let sum = balanced.reduce(0, +)
        return balanced.map { DeterministicMath.log($0 / sum) }
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard let classes = try? target.classes(for: self) else { return .nan }
        let factors = factors(of: classes)
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: rows.count) { weights in
            for place in 0..<rows.count {
                let weight = rows.weights?[place] ?? 1
                weights.initializeElement(at: place, to: weight * factors[Int(classes.codes[rows.first + place])])
            }
            return base(of: target).run(kernels, target, rows.weighing(UnsafePointer(weights.baseAddress)))
        }
    }
}
