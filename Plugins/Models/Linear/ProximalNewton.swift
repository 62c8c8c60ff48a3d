import ApusCore
import ApusKernels

/// Minimises a logistic loss with L1 and L2 penalties: the quadratic model of the loss with both penalties is minimised by
/// coordinate descent, and a step towards that point taken that lowers the objective.
///
/// Only columns that are in use, or that the slope calls for, enter the quadratic model. Several scores are moved at once
/// where their variables are few enough, else one after the other, which takes many more rounds: softmax ties them.
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
    /// What is added to the curvature of variables of several scores, relative to it.
    private static let jointShift = 1e-6
    /// Variables that are moved at once at most, and elements of their columns.
    private static let jointVariables = 1500
    private static let jointElements = 1 << 24

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
            if let found = try jointStep(point, value, gradient, kernels, in: context) {
                (point, value, gradient) = found
                isMoving = true
            } else {
                for score in 0..<loss.scores {
                    let variables = variables(of: score, point, gradient)
                    guard !variables.isEmpty else { continue }
                    let hessian = try curvature(of: score, variables, try shares(point, kernels), kernels, in: context)
                    guard let found = try step(variables, hessian, point, value, gradient, kernels, in: context) else {
                        continue
                    }
                    (point, value, gradient) = found
                    isMoving = true
                }
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

    /// A coefficient, or the intercept, of a score.
    private struct Variable {
        let score: Int
        /// Nil for the intercept.
        let column: Int?
    }

    private func place(_ variable: Variable) -> Int {
        variable.column.map { variable.score * width + $0 } ?? loss.scores * width + variable.score
    }

    /// The coefficients of a score that are not zero, or should not be, and its intercept.
    private func variables(of score: Int, _ point: [Double], _ gradient: [Double]) -> [Variable] {
        let working = (0..<width).filter { column in
            let place = score * width + column
            return point[place] != 0 || abs(gradient[place]) > l1[column]
        }
        return working.map { Variable(score: score, column: $0) }
            + (loss.hasIntercept ? [Variable(score: score, column: nil)] : [])
    }

    /// A step in all scores at once; nil where there is one score only, the variables are many, or none lowers the
    /// objective.
    private func jointStep(
        _ point: [Double], _ value: Double, _ gradient: [Double], _ kernels: Kernels, in context: RunContext
    ) throws -> Evaluated? {
        guard loss.scores > 1, context.communicator.size == 1 else { return nil }
        let variables = (0..<loss.scores).flatMap { self.variables(of: $0, point, gradient) }
        guard variables.count <= Self.jointVariables, columns.rows * variables.count <= Self.jointElements else {
            return nil
        }
        let shares = try shares(point, kernels)
        let hessian = try jointCurvature(variables, shares, kernels, in: context)
        return try step(variables, hessian, point, value, gradient, kernels, in: context)
    }

    /// A step in some variables; nil where none lowers the objective.
    private func step(
        _ variables: [Variable], _ hessian: Matrix<Double>, _ point: [Double], _ value: Double, _ gradient: [Double],
        _ kernels: Kernels, in context: RunContext
    ) throws -> Evaluated? {
        try context.checkCancellation()
        let places = variables.map(place)
        // The squared penalty is in the gradient and has its own place in the descent.
        let l2 = variables.map { $0.column.map { loss.penalties[$0] } ?? 0 }
        let before = places.map { point[$0] }
        let image = try kernels.product(hessian, vector: before)
        let slopes = places.indices.map { image[$0] - (gradient[places[$0]] - l2[$0] * before[$0]) }
        var descent = CoordinateDescent(
            hessian, settings: CoordinateDescent.Settings(tol: min(tol, 1e-8), maxIter: 1000), start: before)
        _ = try descent.minimise(
            slopes, l1: variables.map { $0.column.map { l1[$0] } ?? 0 }, l2: l2, kernels, in: context)
        let direction = zip(descent.u, before).map { $0 - $1 }
        guard let first = variables.first, let last = variables.last else { return nil }
        return try search(
            first.score..<last.score + 1, places, direction, point, value, gradient, kernels, in: context)
    }

    /// The first of ever shorter steps along `direction` that keeps a share of the promised decrease.
    private func search(
        _ scores: Range<Int>, _ places: [Int], _ direction: [Double], _ point: [Double], _ value: Double,
        _ gradient: [Double], _ kernels: Kernels, in context: RunContext
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

    /// The probability of each score's class in every row; of the second of two classes where there is one score.
    private func shares(_ point: [Double], _ kernels: Kernels) throws -> [Buffer<Double>] {
        let scores = try (0..<loss.scores).map { score in
            try kernels.margins(
                columns.columns, rows: columns.rows, means: columns.means,
                coefficients: zip(point[score * width..<(score + 1) * width], columns.scales).map { $0 * $1 },
                intercept: loss.hasIntercept ? point[loss.scores * width + score] : 0)
        }
        return loss.scores == 1 ? [kernels.logistic(scores[0])] : kernels.softmax(scores)
    }

    /// The columns of variables, 1 for the intercept, whose rows are weighted by `factors`.
    private func weighted(_ variables: [Variable], _ factors: Buffer<Double>) throws -> StandardizedColumns {
        let ones = Buffer<Double>(repeating: 1, count: columns.rows)
        return try StandardizedColumns(
            variables.map { $0.column.map { columns.columns[$0] } ?? ones },
            means: variables.map { $0.column.map { columns.means[$0] } ?? 0 },
            scales: variables.map { $0.column.map { columns.scales[$0] } ?? 1 }, factors: factors, rows: columns.rows)
    }

    private func roots(_ curvature: (Double) -> Double, _ shares: Buffer<Double>) -> Buffer<Double> {
        Buffer(count: columns.rows) { target in
            for row in target.indices {
                target[row] = ((loss.weights?[row] ?? 1) * max(curvature(shares[row]), Self.leastCurvature))
                    .squareRoot()
            }
        }
    }

    /// The second derivatives of the loss by the variables of one score.
    private func curvature(
        of score: Int, _ variables: [Variable], _ shares: [Buffer<Double>], _ kernels: Kernels, in context: RunContext
    ) throws -> Matrix<Double> {
        let sums = try kernels.gram(weighted(variables, roots({ $0 * (1 - $0) }, shares[score]))).summed(in: context)
        return Matrix(rows: variables.count, columns: variables.count) { target in
            for place in target.indices { target[place] = sums.elements[place] / loss.total }
        }
    }

    /// The second derivatives by variables of all scores, in order of their scores: with shares p of a row,
    /// `Σ weight · (p_k [k = l] − p_k p_l) · x_a x_b`.
    private func jointCurvature(
        _ variables: [Variable], _ shares: [Buffer<Double>], _ kernels: Kernels, in context: RunContext
    ) throws -> Matrix<Double> {
        let size = variables.count
        var products = [Buffer<Double>?](repeating: nil, count: size)
        products.withUnsafeMutableBufferPointer { products in
            nonisolated(unsafe) let target = products
            kernels.parallelFor(size) { target[$0] = product(variables[$0], shares[variables[$0].score]) }
        }
        let outer = try kernels.gram(
            StandardizedColumns(
                products.compactMap { $0 }, means: [Double](repeating: 0, count: size),
                scales: [Double](repeating: 1, count: size), rows: columns.rows))
        let own = try (0..<loss.scores).map { score in
            try kernels.gram(weighted(variables.filter { $0.score == score }, roots({ $0 }, shares[score])))
        }
        var firsts = [Int](repeating: 0, count: loss.scores)
        for score in 1..<loss.scores { firsts[score] = firsts[score - 1] + own[score - 1].rows }
        return Matrix(rows: size, columns: size) { target in
            for (row, variable) in variables.enumerated() {
                let first = firsts[variable.score]
                for column in 0..<size {
                    var sum = -outer[row, column]
                    if variables[column].score == variable.score {
                        sum += own[variable.score][row - first, column - first]
                    }
                    target[row * size + column] = sum / loss.total
                }
                // The same number added to all scores changes no probability: no curvature, which equations dislike.
                target[row * size + row] *= 1 + Self.jointShift
            }
        }
    }

    /// √weight · share · x.
    private func product(_ variable: Variable, _ shares: Buffer<Double>) -> Buffer<Double> {
        let values = variable.column.map { columns.columns[$0] }
        let mean = variable.column.map { columns.means[$0] } ?? 0
        let scale = variable.column.map { columns.scales[$0] } ?? 1
        return Buffer(count: columns.rows) { target in
            for row in target.indices {
                let x = values.map { ($0[row] - mean) * scale } ?? 1
                target[row] = (loss.weights?[row] ?? 1).squareRoot() * shares[row] * x
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
