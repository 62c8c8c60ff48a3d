import ApusCore
import ApusKernels

/// `ProximalNewton` over sparse rows: the quadratic model of one score's loss is minimised over the entries of the
/// columns in use, without the products of columns with each other.
///
/// Cost of an iteration: some sweeps over the entries of the columns that are in use or that the slope calls for, and a
/// pass over all entries for each step that is tried. Memory: the entries a second time, by columns.
/// Source: Yuan, Ho and Lin, "An improved GLMNET for L1-regularized logistic regression", JMLR 13 (2012).
struct SparseProximalNewton {
    /// With the variables as coefficients of the standardised elements.
    private let loss: LogisticLoss
    private let design: SparseDesign
    private let columns: SparseRows
    /// The penalty of each element's absolute coefficient.
    private let l1: [Double]
    private let tol: Double
    private let maxIter: Int

    /// Curvature that a row keeps, so that separable classes leave equations that can be solved.
    private static let leastCurvature = 1e-9

    init(
        loss: LogisticLoss, design: SparseDesign, l1: [Double], tol: Double, maxIter: Int, in context: RunContext
    ) throws {
        guard context.communicator.size == 1 else {
            throw ApusError("an L1 penalty on vectors works on one process", kind: .usage)
        }
        self.loss = loss
        self.design = design
        self.l1 = l1
        self.tol = tol
        self.maxIter = maxIter
        columns = try design.x.transposed()
    }

    private var width: Int { loss.width }

    private struct Reached {
        var point: [Double]
        var value: Double
        var gradient: [Double]
    }

    /// Returns the point, the iterations and whether they ended by themselves.
    func minimise(
        from start: [Double], _ kernels: Kernels, in context: RunContext
    ) throws -> (point: [Double], iterations: Int, hasConverged: Bool) {
        var reached = try evaluate(start, kernels, in: context)
        for iteration in 0..<maxIter {
            let distance = violation(reached)
            guard distance > tol else { return (reached.point, iteration, true) }
            var isMoving = false
            for score in 0..<loss.scores {
                guard let next = try step(score, from: reached, distance, kernels, in: context) else { continue }
                reached = next
                isMoving = true
            }
            context.send(
                Progress(
                    "fit", completed: iteration + 1, total: maxIter,
                    metrics: ["loss": reached.value + penalty(reached.point)]))
            // No step lowers the objective by more than rounding: this is as near as it gets.
            if !isMoving { return (reached.point, iteration, true) }
        }
        return (reached.point, maxIter, violation(reached) <= tol)
    }

    private func evaluate(_ point: [Double], _ kernels: Kernels, in context: RunContext) throws -> Reached {
        try context.checkCancellation()
        let (value, gradient) = try loss.evaluate(at: point, kernels, in: context)
        return Reached(point: point, value: value, gradient: gradient)
    }

    /// A step in the coefficients and the intercept of one score; nil where none lowers the objective.
    private func step(
        _ score: Int, from reached: Reached, _ distance: Double, _ kernels: Kernels, in context: RunContext
    ) throws -> Reached? {
        let own = score * width..<(score + 1) * width
        let working = (0..<width).filter {
            reached.point[own.lowerBound + $0] != 0 || abs(reached.gradient[own.lowerBound + $0]) > l1[$0]
        }
        let (curvatures, slopes) = try rows(score, reached.point, kernels)
        let total = curvatures.reduce(0, +)
        let measured = measure(working, curvatures, total, kernels)
        // In coefficients of x itself, of which a standardised one is the part 1 / factor.
        let before = zip(reached.point[own], design.factors).map { $0 * $1 }
        let problem = try SparseDescent(
            columns: columns, means: loss.hasIntercept ? measured.means : [Double](repeating: 0, count: width),
            weights: curvatures, total: total, curvatures: measured.curvatures, isPositive: false)
        let residuals = zip(slopes, curvatures).map { -$0 / $1 }
        let start = loss.hasIntercept ? slopes.reduce(0, +) / total : 0
        var descent = SparseCoordinateDescent(problem, start: before, residuals: residuals, shift: start)
        _ = try descent.minimise(
            working.map { Int32($0) }, l1: zip(l1, design.factors).map { loss.total * $0 / $1 },
            l2: zip(loss.penalties, design.factors).map { loss.total * $0 / ($1 * $1) },
            tol: loss.total.squareRoot() * max(0.01 * distance, 0.1 * tol), maxIter: 1000, kernels, in: context)
        var direction = [Double](repeating: 0, count: reached.point.count)
        var lift = -descent.shift
        for place in working {
            let change = descent.u[place] - before[place]
            direction[own.lowerBound + place] = change / design.factors[place]
            lift += change * design.shifts[place]
        }
        if loss.hasIntercept { direction[loss.scores * width + score] = lift }
        return try search(score, direction, from: reached, kernels, in: context)
    }

    /// Each row's weight times the curvature and the slope of its loss by the score.
    private func rows(
        _ score: Int, _ point: [Double], _ kernels: Kernels
    ) throws -> (curvatures: Buffer<Double>, slopes: [Double]) {
        let margins = try (0..<loss.scores).map { score in
            try design.margins(
                point[score * width..<(score + 1) * width],
                intercept: loss.hasIntercept ? point[loss.scores * width + score] : 0, kernels)
        }
        let shares = loss.scores == 1 ? kernels.logistic(margins[0]) : kernels.softmax(margins)[score]
        let wanted = Int32(loss.scores == 1 ? 1 : score)
        var slopes = [Double](repeating: 0, count: shares.count)
        let curvatures = Buffer<Double>(count: shares.count) { target in
            for row in target.indices {
                let (share, weight) = (shares[row], loss.weights?[row] ?? 1)
                slopes[row] = weight * (share - (loss.labels[row] == wanted ? 1 : 0))
                target[row] = max(weight, .leastNormalMagnitude) * max(share * (1 - share), Self.leastCurvature)
            }
        }
        return (curvatures, slopes)
    }

    /// The mean and the curvature of the working columns under these weights.
    private func measure(
        _ working: [Int], _ weights: Buffer<Double>, _ total: Double, _ kernels: Kernels
    ) -> (means: [Double], curvatures: [Double]) {
        var means = [Double](repeating: 0, count: width)
        var curvatures = means
        let isCentred = loss.hasIntercept
        means.withUnsafeMutableBufferPointer { means in
            curvatures.withUnsafeMutableBufferPointer { curvatures in
                nonisolated(unsafe) let (means, curvatures) = (means, curvatures)
                let run = 64
                kernels.parallelFor((working.count + run - 1) / run) { part in
                    let weights = weights.unsafePointer
                    let (indices, values) = (columns.indices.unsafePointer, columns.values.unsafePointer)
                    for place in working[part * run..<min(working.count, (part + 1) * run)] {
                        let entries = columns.entries(of: place)
                        var (sum, seen, squares) = (0.0, 0.0, 0.0)
                        for entry in entries {
                            sum += weights[Int(indices[entry])] * values[entry]
                            seen += weights[Int(indices[entry])]
                        }
                        let mean = isCentred ? sum / total : 0
                        for entry in entries {
                            let difference = values[entry] - mean
                            squares += weights[Int(indices[entry])] * (difference * difference)
                        }
                        means[place] = mean
                        curvatures[place] = squares + max(0, total - seen) * mean * mean
                    }
                }
            }
        }
        return (means, curvatures)
    }

    /// The first of ever shorter steps along `direction` that keeps a share of the promised decrease.
    private func search(
        _ score: Int, _ direction: [Double], from reached: Reached, _ kernels: Kernels, in context: RunContext
    ) throws -> Reached? {
        // Coordinate by coordinate: the difference of two whole penalties would be lost in rounding near the end.
        var slope = 0.0
        for (place, change) in direction.enumerated() where change != 0 {
            let corner = place < loss.scores * width ? l1[place % width] : 0
            slope +=
                reached.gradient[place] * change
                + corner * (abs(reached.point[place] + change) - abs(reached.point[place]))
        }
        guard slope < 0 else { return nil }
        let before = reached.value + penalty(reached.point)
        var share = 1.0
        while share > 1e-8 {
            let next = try evaluate(zip(reached.point, direction).map { $0 + share * $1 }, kernels, in: context)
            let change = next.value + penalty(next.point) - before
            // Where the decrease is lost in the objective's rounding the subgradients still tell.
            let isNear = -slope < 1e-10 * max(abs(before), .leastNormalMagnitude)
            if change <= 1e-4 * share * slope
                || isNear && violation(next, score..<score + 1) < violation(reached, score..<score + 1)
            {
                return next
            }
            share /= 2
        }
        return nil
    }

    private func penalty(_ point: [Double]) -> Double {
        (0..<loss.scores * width).reduce(0) { $0 + l1[$1 % width] * abs(point[$1]) }
    }

    /// The greatest distance of a subgradient of some scores from zero.
    private func violation(_ reached: Reached, _ scores: Range<Int>? = nil) -> Double {
        var greatest = 0.0
        for score in scores ?? 0..<loss.scores {
            for column in 0..<width {
                let (coordinate, slope) = (
                    reached.point[score * width + column], reached.gradient[score * width + column]
                )
                let corner = l1[column]
                let distance =
                    coordinate == 0 ? abs(slope) - corner : abs(slope + (coordinate > 0 ? corner : -corner))
                greatest = max(greatest, distance)
            }
            if loss.hasIntercept { greatest = max(greatest, abs(reached.gradient[loss.scores * width + score])) }
        }
        return greatest
    }
}
