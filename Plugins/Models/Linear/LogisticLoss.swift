import ApusCore
import ApusKernels
import Foundation

/// The mean loss with its penalty over packed rows, as a function of one vector: `(scores, columns)` variables, then
/// one intercept a score.
struct LogisticLoss {
    let x: Matrix<Double>
    let labels: Buffer<Int32>
    let targets: Buffer<Double>
    let weights: Buffer<Double>?
    /// Σ weight over the rows of all processes.
    let total: Double
    /// 1 for two classes, else one a class.
    let scores: Int
    /// What a variable is multiplied by to be the coefficient of a standardised column.
    let factors: [Double]
    /// The penalty of each column's squared variable, twice.
    let penalties: [Double]
    let hasIntercept: Bool

    private var width: Int { factors.count }

    /// No coefficients, and the intercepts that give the classes' shares.
    func start(priors: [Double]) -> [Double] {
        var start = [Double](repeating: 0, count: scores * width)
        guard hasIntercept else { return start }
        if scores == 1 {
            start.append(log(priors[1] / priors[0]))
        } else {
            let logs = priors.map { log($0) }
            let mean = logs.reduce(0, +) / Double(logs.count)
            start += logs.map { $0 - mean }
        }
        return start
    }

    func evaluate(
        at point: [Double], _ kernels: Kernels, in context: RunContext
    ) throws -> (value: Double, gradient: [Double]) {
        var coefficients = [Double](repeating: 0, count: scores * width)
        for place in coefficients.indices { coefficients[place] = point[place] * factors[place % width] }
        let intercepts = hasIntercept ? Array(point[(scores * width)...]) : [Double](repeating: 0, count: scores)
        let part =
            scores == 1
            ? try kernels.linearPass(
                .logistic, x, targets: targets, weights: weights, coefficients: coefficients, intercept: intercepts[0])
            : try kernels.softmaxPass(
                x, labels: labels, weights: weights, coefficients: coefficients, intercepts: intercepts)
        let sums = try context.communicator.summed(part.gradient + part.intercepts + [part.loss])
        var value = sums[sums.count - 1] / total
        var gradient = [Double](repeating: 0, count: point.count)
        for place in coefficients.indices {
            let column = place % width
            value += 0.5 * penalties[column] * point[place] * point[place]
            gradient[place] = sums[place] / total * factors[column] + penalties[column] * point[place]
        }
        if hasIntercept {
            for score in 0..<scores { gradient[scores * width + score] = sums[scores * width + score] / total }
        }
        return (value, gradient)
    }
}
