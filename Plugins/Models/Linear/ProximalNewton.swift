import ApusCore
import ApusKernels

/// Minimises a logistic loss with L1 and L2 penalties: a quadratic model of the loss is minimised with both penalties,
/// and a step towards that point taken that lowers the objective.
///
/// Only columns that are in use, or that the slope calls for, enter the model, and it is minimised the more exactly the
/// nearer the end is.
/// Source: Yuan, Ho and Lin, "An improved GLMNET for L1-regularized logistic regression", JMLR 13 (2012); Lee, Sun and
/// Saunders, "Proximal Newton-type methods for minimizing composite functions", SIAM J. Optim. 24 (2014).
struct ProximalNewton {
    /// Where the search stands.
    struct Reached {
        let point: [Double]
        let value: Double
        let gradient: [Double]
    }

    /// What one step moves: the coefficients of some scores at some columns, and their intercepts.
    struct Part {
        let scores: Range<Int>
        /// Of each score.
        let columns: [[Int]]
    }

    /// With the variables as coefficients of the standardised columns.
    let loss: LogisticLoss
    /// The penalty of each column's absolute coefficient.
    let l1: [Double]
    let tol: Double
    let maxIter: Int
    let model: any ProximalModel

    private var width: Int { loss.width }

    /// Returns the point, the iterations and whether they ended by themselves.
    func minimise(
        from start: [Double], _ kernels: Kernels, in context: RunContext
    ) throws -> (point: [Double], iterations: Int, hasConverged: Bool) {
        var reached = try evaluate(start, kernels, in: context)
        for iteration in 0..<maxIter {
            let distance = violation(reached)
            guard distance > tol else { return (reached.point, iteration, true) }
            var isMoving = false
            for scores in parts(reached) {
                let direction = try model.direction(
                    part(scores, reached), from: reached, tol: max(0.1 * distance, 0.3 * tol), kernels, in: context)
                guard let next = try search(scores, direction, from: reached, kernels, in: context) else { continue }
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

    /// Neighbouring scores, as many as the model takes at once.
    private func parts(_ reached: Reached) -> [Range<Int>] {
        guard let capacity = model.capacity else { return (0..<loss.scores).map { $0..<$0 + 1 } }
        var parts: [Range<Int>] = []
        var room = 0
        for score in 0..<loss.scores {
            let size = used(score..<score + 1, reached).count + 1
            if let last = parts.last, size <= room {
                parts[parts.count - 1] = last.lowerBound..<score + 1
            } else {
                parts.append(score..<score + 1)
                room = capacity
            }
            room -= size
        }
        return parts
    }

    private func used(_ scores: Range<Int>, _ reached: Reached) -> [Int] {
        (scores.lowerBound * width..<scores.upperBound * width).filter { reached.point[$0] != 0 }
    }

    /// The columns of these scores that are in use, and those that the slope calls for: where the model takes only so
    /// many, the ones that it calls for most, and no more than are in use, since most would leave again.
    private func part(_ scores: Range<Int>, _ reached: Reached) -> Part {
        let used = used(scores, reached)
        func excess(_ place: Int) -> Double { abs(reached.gradient[place]) - l1[place % width] }
        var called = (scores.lowerBound * width..<scores.upperBound * width).filter {
            reached.point[$0] == 0 && excess($0) > 0
        }
        if let capacity = model.capacity {
            let limit = min(max(used.count, 256 - used.count), max(capacity - used.count, 128))
            if called.count > limit {
                // Places break ties, so that the order is one.
                called.sort { (excess($1), $0) < (excess($0), $1) }
                called.removeLast(called.count - limit)
            }
        }
        var columns = [[Int]](repeating: [], count: scores.count)
        for place in (used + called).sorted() { columns[place / width - scores.lowerBound].append(place % width) }
        return Part(scores: scores, columns: columns)
    }

    /// The first of ever shorter steps along `direction` that keeps a share of the promised decrease; nil where none
    /// does.
    private func search(
        _ scores: Range<Int>, _ direction: [Double], from reached: Reached, _ kernels: Kernels, in context: RunContext
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
        // Where the decrease is lost in the objective's rounding the subgradients still tell.
        let isNear = -slope < 1e-10 * max(abs(before), .leastNormalMagnitude)
        var share = 1.0
        while share > 1e-8 {
            let next = try evaluate(zip(reached.point, direction).map { $0 + share * $1 }, kernels, in: context)
            if next.value + penalty(next.point) - before <= 1e-4 * share * slope
                || isNear && violation(next, scores) < violation(reached, scores)
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
