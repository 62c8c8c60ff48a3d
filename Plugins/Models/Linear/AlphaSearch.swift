import ApusCore
import ApusKernels

/// Chooses a penalty's strength by cross-validation: the one whose models have the least mean squared error on the rows
/// that they were not fitted on, averaged over the folds; of equal ones the strongest.
struct AlphaSearch {
    let learner: any Plugin.Type
    /// Descending.
    let alphas: [Double]
    let folds: Int
    let fitIntercept: Bool

    /// What was chosen.
    struct Choice {
        let alpha: Double
        /// The mean squared error of each strength, in their order.
        let errors: [Double]
        /// The least of them.
        let error: Double

        /// What a model tells of it.
        var facts: [String: Double] { ["alpha": alpha, "cross_validated_mse": error] }
    }

    func best<Path: PenaltyPath>(
        on rows: TrainingRows, _ kernels: Kernels, in context: RunContext,
        _ path: (RegressionProblem) throws -> Path
    ) throws -> Choice {
        guard context.communicator.size == 1 else {
            throw ApusError(
                "alpha: auto needs all rows in one process", at: learner.descriptor.id, remedy: "Give alpha.",
                kind: .usage)
        }
        let folds = try Folds(rows, count: self.folds, seed: context.seed)
        var errors = [Double](repeating: 0, count: alphas.count)
        for part in folds.parts.indices {
            let fitted = try rows.rows(folds.others(than: part))
            let held = try rows.rows(folds.parts[part])
            guard case .values(let truth) = try held.target else { continue }
            let features = try LinearFeatures(try held.table)
            let problem = try RegressionProblem(fitted, for: learner, fitIntercept: fitIntercept, kernels, in: context)
            var path = try path(problem)
            for (place, alpha) in alphas.enumerated() {
                try context.checkCancellation()
                let model = try problem.model(try path.solve(alpha: alpha, kernels, in: context), of: learner)
                let answers = try features.margins(
                    means: model.means, coefficients: model.scaledCoefficients, intercept: model.centredIntercepts[0],
                    kernels)
                errors[place] += Self.meanSquare(answers, truth, held.weights) / Double(folds.parts.count)
                context.send(
                    Progress(
                        "choose alpha", completed: part * alphas.count + place + 1,
                        total: folds.parts.count * alphas.count))
            }
        }
        var best = 0
        for place in errors.indices where errors[place] < errors[best] { best = place }
        return Choice(alpha: alphas[best], errors: errors, error: errors[best])
    }

    private static func meanSquare(
        _ answers: Buffer<Double>, _ truth: Buffer<Double>, _ weights: Buffer<Double>?
    ) -> Double {
        var (sum, total) = (0.0, 0.0)
        for row in truth.indices {
            let weight = weights?[row] ?? 1
            sum += weight * (answers[row] - truth[row]) * (answers[row] - truth[row])
            total += weight
        }
        return total > 0 ? sum / total : 0
    }
}
