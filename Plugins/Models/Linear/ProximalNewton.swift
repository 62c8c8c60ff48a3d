import ApusCore
import ApusKernels

/// Minimises a logistic loss with L1 and L2 penalties: of one score at a time, the quadratic model of the loss with both
/// penalties is minimised by coordinate descent, and a step towards that point taken that lowers the objective.
///
/// Only columns that are in use, or that the slope calls for, enter the quadratic model.
/// Source: Yuan, Ho and Lin, "An improved GLMNET for L1-regularized logistic regression", JMLR 13 (2012).
struct ProximalNewton {
    /// With the variables as coefficients.
    let loss: LogisticLoss
    /// The active columns.
    let columns: StandardizedColumns
    /// The penalty of each column's absolute coefficient.
    let l1: [Double]
    let tol: Double
    let maxIter: Int

    /// Curvature that a row keeps, so that separable classes leave equations that can be solved.
    private static let leastCurvature = 1e-9

    private var width: Int { loss.width }

    /// Returns the point, the iterations and whether they ended by themselves.
    func minimise(
        from start: [Double], _ kernels: Kernels, in context: RunContext
    ) throws -> (point: [Double], iterations: Int, hasConverged: Bool) {
        var point = start
        var (value, gradient) = try loss.evaluate(at: point, kernels, in: context)
        for iteration in 0..<maxIter {
            try context.checkCancellation()
            guard violation(point, gradient) > tol else { return (point, iteration, true) }
            var isMoving = false
            for score in 0..<loss.scores {
                guard let found = try step(score, point, value, gradient, kernels, in: context) else { continue }
                (point, value, gradient) = found
                isMoving = true
            }
            context.send(
                Progress(
                    "fit", completed: iteration + 1, total: maxIter, metrics: ["loss": value + penalty(point)]))
            // No step lowers the objective by more than rounding: this is as near as it gets.
            if !isMoving { return (point, iteration, true) }
        }
        return (point, maxIter, violation(point, gradient) <= tol)
    }

    private typealias Evaluated = (point: [Double], value: Double, gradient: [Double])

    /// A step in the coefficients and the intercept of one score; nil where none lowers the objective.
    private func step(
        _ score: Int, _ point: [Double], _ value: Double, _ gradient: [Double], _ kernels: Kernels,
        in context: RunContext
    ) throws -> Evaluated? {
        let working = (0..<width).filter { column in
            let place = score * width + column
            return point[place] != 0 || abs(gradient[place]) > l1[column]
        }
        let places = working.map { score * width + $0 } + (loss.hasIntercept ? [loss.scores * width + score] : [])
        guard !places.isEmpty else { return nil }
        let (size, last) = (places.count, working.count)
        let ones = Buffer<Double>(repeating: 1, count: columns.rows)
        let weighted = try StandardizedColumns(
            working.map { columns.columns[$0] } + (loss.hasIntercept ? [ones] : []),
            means: working.map { columns.means[$0] } + (loss.hasIntercept ? [0] : []),
            scales: working.map { columns.scales[$0] } + (loss.hasIntercept ? [1] : []),
            factors: try curvatureRoots(score, point, kernels), rows: columns.rows)
        let sums = try kernels.gram(weighted).summed(in: context)
        try context.checkCancellation()
        let hessian = Matrix<Double>(rows: size, columns: size) { target in
            for row in 0..<size {
                for column in 0..<size { target[row * size + column] = sums[row, column] / loss.total }
            }
        }
        // The squared penalty is in the gradient and has its own place in the descent.
        let l2 = (0..<size).map { $0 < last ? loss.penalties[working[$0]] : 0 }
        let before = places.map { point[$0] }
        let image = try kernels.product(hessian, vector: before)
        let slopes = places.indices.map { image[$0] - (gradient[places[$0]] - l2[$0] * before[$0]) }
        var descent = CoordinateDescent(
            hessian, settings: CoordinateDescent.Settings(tol: min(tol, 1e-8), maxIter: 1000), start: before)
        _ = try descent.minimise(
            slopes, l1: (0..<size).map { $0 < last ? l1[working[$0]] : 0 }, l2: l2, kernels, in: context)
        let direction = zip(descent.u, before).map { $0 - $1 }
        return try search(score, places, direction, point, value, gradient, kernels, in: context)
    }

    /// The first of ever shorter steps along `direction` that keeps a share of the promised decrease.
    private func search(
        _ score: Int, _ places: [Int], _ direction: [Double], _ point: [Double], _ value: Double, _ gradient: [Double],
        _ kernels: Kernels, in context: RunContext
    ) throws -> Evaluated? {
        func moved(_ share: Double) -> [Double] {
            var result = point
            for (place, change) in zip(places, direction) { result[place] += share * change }
            return result
        }
        // Coordinate by coordinate: the difference of two whole penalties would be lost in rounding near the end.
        var slope = 0.0
        for (place, change) in zip(places, direction) {
            let l1 = place < loss.scores * width ? self.l1[place % width] : 0
            slope += gradient[place] * change + l1 * (abs(point[place] + change) - abs(point[place]))
        }
        guard slope < 0 else { return nil }
        let before = value + penalty(point)
        let scores = score..<score + 1
        var share = 1.0
        while share > 1e-8 {
            let target = moved(share)
            let found = try loss.evaluate(at: target, kernels, in: context)
            let change = found.value + penalty(target) - before
            // Where the decrease is lost in the objective's rounding the subgradients still tell.
            let isNear = -slope < 1e-10 * max(abs(before), .leastNormalMagnitude)
            if change <= 1e-4 * share * slope
                || isNear && violation(target, found.gradient, scores) < violation(point, gradient, scores)
            {
                return (target, found.value, found.gradient)
            }
            share /= 2
        }
        return nil
    }

    /// The root of each row's weight times the curvature of its loss by the score.
    private func curvatureRoots(_ score: Int, _ point: [Double], _ kernels: Kernels) throws -> Buffer<Double> {
        let scores = try (0..<loss.scores).map { score in
            try kernels.margins(
                columns.columns, rows: columns.rows, means: columns.means,
                coefficients: zip(point[score * width..<(score + 1) * width], columns.scales).map { $0 * $1 },
                intercept: loss.hasIntercept ? point[loss.scores * width + score] : 0)
        }
        let shares = loss.scores == 1 ? kernels.logistic(scores[0]) : kernels.softmax(scores)[score]
        return Buffer(count: columns.rows) { target in
            for row in target.indices {
                let curvature = max(shares[row] * (1 - shares[row]), Self.leastCurvature)
                target[row] = ((loss.weights?[row] ?? 1) * curvature).squareRoot()
            }
        }
    }

    private func penalty(_ point: [Double]) -> Double {
        var sum = 0.0
        for score in 0..<loss.scores {
            for column in 0..<width { sum += l1[column] * abs(point[score * width + column]) }
        }
        return sum
    }

    /// The greatest distance of a subgradient of some scores from zero.
    private func violation(_ point: [Double], _ gradient: [Double], _ scores: Range<Int>? = nil) -> Double {
        var greatest = 0.0
        for score in scores ?? 0..<loss.scores {
            for column in 0..<width {
                let (coordinate, slope) = (point[score * width + column], gradient[score * width + column])
                let corner = l1[column]
                let distance =
                    coordinate == 0 ? abs(slope) - corner : abs(slope + (coordinate > 0 ? corner : -corner))
                greatest = max(greatest, distance)
            }
            if loss.hasIntercept { greatest = max(greatest, abs(gradient[loss.scores * width + score])) }
        }
        return greatest
    }
}
