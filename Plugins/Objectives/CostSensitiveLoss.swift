import ApusCore
import ApusKernels

/// Log loss in which a row counts once for every answer, by what that answer saves against the dearest one: the class
/// of the greatest output is the one of least expected cost.
///
/// With costs `C[i][j]` of answering class j to a row of class i, the loss is `-Σ_j (max_k C[i][k] - C[i][j]) ln p_j`
/// over a softmax. It is convex, and least where p_j is proportional to the expected saving of answer j. Costs of 0 and
/// 1 give the log loss; two classes give class weights.
package struct CostSensitiveLoss: KernelObjective {
    package static let descriptor = Descriptor(
        id: "objective.cost_sensitive",
        summary: "Log loss weighted by what each answer costs: the greatest output is the cheapest",
        source: "Abe, Zadrozny and Langford, KDD 2004", tasks: [.binary, .multiclass],
        weights: .exact(tolerance: 1e-9))

    /// `costs[i][j]`: answering class j to a row of class i.
    @Parameter(
        "What it costs to answer with the class of the column to a row of the class of the row, both in the labels' order; empty is 1 for every mistake."
    )
    package var costs: [[Double]] = []

    package init() {}

    package func validate() throws {
        guard costs.allSatisfy({ $0.count == costs.count && $0.allSatisfy { $0 >= 0 && $0.isFinite } }),
            costs.isEmpty || costs.count >= 2
        else {
            throw ApusError(
                "expected as many rows as columns, of finite numbers that are not negative",
                at: "parameter 'costs'", remedy: "For two classes: [[0, 1], [5, 0]].", kind: .usage)
        }
        guard costs.isEmpty || costs.contains(where: { row in row.contains { $0 != row[0] } }) else {
            throw ApusError(
                "every answer costs the same", at: "parameter 'costs'", remedy: "Then there is nothing to learn.",
                kind: .usage)
        }
    }

    package func width(for target: Target) throws -> Int {
        let labels = try target.manyClasses(for: self).labels
        guard costs.isEmpty || costs.count == labels.count else {
            let order = labels.prefix(10).map { "'\($0)'" }.joined(separator: ", ")
            throw ApusError(
                "\(Self.descriptor.id) has costs of \(costs.count) classes, the target has \(labels.count)",
                at: "parameter 'costs'", remedy: "Give a row and a column for each of \(order), in that order.",
                kind: .usage)
        }
        return labels.count
    }

    package func link(for target: Target) -> Link { .softmax }

    /// The logarithms of the mean savings of each answer.
    package func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let codes = try target.manyClasses(for: self).codes
        let classes = try width(for: target)
        let shares = ClassShares(codes: codes, classes: classes, weights: weights).shares
        let savings = savings(classes)
        let means = (0..<classes).map { answer in
            shares.indices.reduce(0) { $0 + shares[$1] * savings[$1 * classes + answer] }
        }
        let sum = means.reduce(0, +)
        // An answer that never saves anything keeps a score that is finite.
        return means.map { DeterministicMath.log(max($0 / sum, 1e-12)) }
    }

    /// `(classes, classes)`: the greatest cost of each row less the cost of each answer.
    private func savings(_ classes: Int) -> [Double] {
        if costs.isEmpty {
            return (0..<classes * classes).map { $0 / classes == $0 % classes ? 1 : 0 }
        }
        return costs.flatMap { row in row.map { (row.max() ?? 0) - $0 } }
    }

    package func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double {
        guard case .classes(let codes, let labels) = target else { return .nan }
        return kernels.shares(
            rows.count, classes: labels.count, shares: savings(labels.count), codes: codes.unsafePointer + rows.first,
            weights: rows.weights, scores: rows.scores, outputs: rows.outputs)
    }
}
