import ApusCore
import ApusKernels
import Foundation

/// One fit of a lasso or an elastic net.
struct ElasticNetFit {
    let learner: any Plugin.Type
    let l1Ratio: Double
    let parameters: SparseParameters

    private var settings: CoordinateDescent.Settings {
        CoordinateDescent.Settings(
            isPositive: parameters.positive, isRandom: parameters.selection == .random, tol: parameters.tol,
            maxIter: parameters.maxIter)
    }

    func model(_ rows: TrainingRows, in context: RunContext) throws -> LinearModel {
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let problem = try RegressionProblem(
            rows, for: learner, fitIntercept: parameters.fitIntercept, kernels, in: context)
        var path = ElasticNetPath(problem, l1Ratio: l1Ratio, settings: settings)
        switch parameters.alpha {
        case .value(let alpha):
            if l1Ratio == 0, !settings.isPositive {
                // Without corners it is a ridge, whose equations are solved at once.
                var ridge = RidgePath(problem, solver: .auto)
                let total = problem.target.weight
                return try problem.model(try ridge.solve(alpha: alpha * total, kernels, in: context), of: learner)
            }
            return try problem.model(try path.solve(alpha: alpha, kernels, in: context), of: learner)
        case .auto:
            let greatest = try path.greatestAlpha(kernels, in: context)
            guard greatest > 0 else {
                return try problem.model([Double](repeating: 0, count: problem.design.active.count), of: learner)
            }
            let search = AlphaSearch(
                learner: learner, alphas: grid(from: greatest), folds: parameters.cv,
                fitIntercept: parameters.fitIntercept)
            let best = try search.best(on: rows, kernels, in: context) {
                ElasticNetPath($0, l1Ratio: l1Ratio, settings: settings)
            }
            return try problem.model(
                try path.solve(alpha: best.alpha, kernels, in: context), of: learner, choices: best.facts)
        }
    }

    /// From the greatest strength down to its share `eps`, each the same multiple of the next.
    private func grid(from greatest: Double) -> [Double] {
        let count = parameters.nAlphas
        guard count > 1 else { return [greatest] }
        return (0..<count).map { greatest * pow(parameters.eps, Double($0) / Double(count - 1)) }
    }
}
