import ApusCore
import ApusKernels
import Foundation

/// The mean loss with its squared penalty over rows, as a function of one vector: `(scores, columns)` variables,
/// then one intercept a score.
struct LogisticLoss {
    let columns: StandardizedColumns
    /// The same packed, which several scores are taken from.
    let x: Matrix<Double>?
    /// 1 for two classes: what holds and what does not; else the class of each row.
    let labels: Buffer<Int32>
    let targets: Buffer<Double>
    let weights: Buffer<Double>?
    /// Σ weight over the rows of all processes.
    let total: Double
    /// 1 for two classes, else one a class.
    let scores: Int
    /// What turns variables into coefficients of the standardised columns.
    var metric: LogisticMetric
    /// The penalty of each column's squared coefficient, twice.
    let penalties: [Double]
    let hasIntercept: Bool
    /// What is passed over where there are vectors, in place of the columns.
    var sparse: SparseDesign?

    var width: Int { penalties.count }

    /// No coefficients, and the intercepts that give the classes' shares.
    func start(priors: [Double]) -> [Double] {
        var start = [Double](repeating: 0, count: scores * width)
        guard hasIntercept else { return start }
        if scores == 1 {
            start.append((log(priors[1] / priors[0]) - metric.intercept.origin) / metric.intercept.scale)
        } else {
            let logs = priors.map { log($0) }
            let mean = logs.reduce(0, +) / Double(logs.count)
            start += logs.map { $0 - mean }
        }
        return start
    }

    /// The coefficients of the standardised columns, `(scores, columns)`, and the intercepts at these variables.
    func natural(_ point: [Double], _ kernels: Kernels) throws -> (coefficients: [Double], intercepts: [Double]) {
        var coefficients: [Double] = []
        for score in 0..<scores {
            coefficients += try metric.coefficients(point[score * width..<(score + 1) * width], kernels)
        }
        guard hasIntercept else { return (coefficients, [Double](repeating: 0, count: scores)) }
        return (
            coefficients, point[(scores * width)...].map { metric.intercept.origin + metric.intercept.scale * $0 }
        )
    }

    /// The probability of what each score stands for, row by row, at these variables.
    func shares(at point: [Double], _ kernels: Kernels) throws -> [Buffer<Double>] {
        let (coefficients, intercepts) = try natural(point, kernels)
        let margins = try (0..<scores).map { score in
            let own = coefficients[score * width..<(score + 1) * width]
            if let sparse { return try sparse.margins(own, intercept: intercepts[score], kernels) }
            return try kernels.margins(
                columns.columns, rows: columns.rows, means: columns.means,
                coefficients: zip(own, columns.scales).map { $0 * $1 }, intercept: intercepts[score])
        }
        return scores == 1 ? [kernels.logistic(margins[0])] : kernels.softmax(margins)
    }

    private func pass(_ coefficients: [Double], _ intercepts: [Double], _ kernels: Kernels) throws -> LossGradient {
        if let sparse, scores == 1 {
            return try sparse.linearPass(
                .logistic, targets: targets, weights: weights, coefficients: coefficients, intercept: intercepts[0],
                kernels)
        }
        if let sparse {
            return try sparse.softmaxPass(
                labels: labels, weights: weights, coefficients: coefficients, intercepts: intercepts, kernels)
        }
        guard let x else {
            return try kernels.linearPass(
                .logistic, columns, targets: targets, weights: weights, coefficients: coefficients,
                intercept: intercepts[0])
        }
        return try kernels.softmaxPass(
            x, labels: labels, weights: weights, coefficients: coefficients, intercepts: intercepts)
    }

    func evaluate(
        at point: [Double], _ kernels: Kernels, in context: RunContext
    ) throws -> (value: Double, gradient: [Double]) {
        let (coefficients, intercepts) = try natural(point, kernels)
        let part = try pass(coefficients, intercepts, kernels)
        let sums = try context.communicator.summed(part.gradient + part.intercepts + [part.loss])
        var value = sums[sums.count - 1] / total
        var gradient: [Double] = []
        for score in 0..<scores {
            var slopes = [Double](repeating: 0, count: width)
            for column in 0..<width {
                let place = score * width + column
                value += 0.5 * penalties[column] * coefficients[place] * coefficients[place]
                slopes[column] = sums[place] / total + penalties[column] * coefficients[place]
            }
            gradient += try metric.gradient(slopes, kernels)
        }
        if hasIntercept {
            gradient += (0..<scores).map { sums[scores * width + $0] / total * metric.intercept.scale }
        }
        return (value, gradient)
    }
}
