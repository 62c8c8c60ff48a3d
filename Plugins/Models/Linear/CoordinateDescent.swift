import ApusCore
import ApusKernels

/// Minimises `½ uᵀ G u − cᵀ u + Σ l1 |u| + ½ Σ l2 u²` by cyclic coordinate descent with covariance updates.
///
/// Between full sweeps only the coordinates that are not zero are swept. Then their equations are solved at once: where the
/// solution keeps the signs it is exact, otherwise the step ends where the first of them reaches zero, which lowers the
/// value too, and the others' equations are next.
/// Source: Friedman, Hastie and Tibshirani, "Regularization paths for generalized linear models via coordinate descent",
/// J. Stat. Softw. 33 (2010).
struct CoordinateDescent {
    /// How the coordinates are visited, and when it ends.
    struct Settings: Sendable {
        /// Whether all coordinates stay at or above zero.
        var isPositive = false
        /// Whether coordinates are drawn at random instead of swept in turn.
        var isRandom = false
        /// The slope at which the search ends.
        var tol = 1e-6
        /// Sweeps at most.
        var maxIter = 1000
        /// Sweeps before equations are solved: what is not wanted exactly often ends without.
        var patience = 0
    }

    /// The symmetric G.
    let gram: Matrix<Double>
    let settings: Settings
    /// The coordinates.
    private(set) var u: [Double]
    /// c − G u.
    private(set) var slack: [Double]
    /// Sweeps over all or some coordinates so far.
    private(set) var sweeps = 0
    private var l1: [Double] = []
    private var l2: [Double] = []

    init(_ gram: Matrix<Double>, settings: Settings, start: [Double]? = nil) {
        self.gram = gram
        self.settings = settings
        u = start ?? [Double](repeating: 0, count: gram.rows)
        slack = []
    }

    /// Goes on from the present coordinates; false where the limit of sweeps ended it.
    mutating func minimise(
        _ c: [Double], l1: [Double], l2: [Double], _ kernels: Kernels, in context: RunContext
    ) throws -> Bool {
        (self.l1, self.l2) = (l1, l2)
        slack = c
        for place in u.indices where u[place] != 0 { subtract(u[place], place) }
        let all = Array(u.indices)
        let (start, limit) = (sweeps, sweeps + settings.maxIter)
        while sweeps < limit {
            try context.checkCancellation()
            sweep(all)
            let isPatient = sweeps - start < settings.patience
            if violation <= settings.tol {
                if !isPatient { try polish(kernels) }
                return true
            }
            let support = all.filter { u[$0] != 0 }
            for _ in 0..<10 where sweeps < limit && sweep(support) > settings.tol {}
            if isPatient { continue }
            // Of many coordinates the equations cost as much as many sweeps.
            var attempts = support.count <= 500 ? support.count : 1
            while attempts > 0, try solveSupport(kernels) == .cut { attempts -= 1 }
            if violation <= settings.tol { return true }
        }
        return false
    }

    /// Sweeps end near the solution; the equations of what is not zero give its last digits.
    private mutating func polish(_ kernels: Kernels) throws {
        let (reached, coordinates, slopes) = (violation, u, slack)
        _ = try solveSupport(kernels)
        if violation > reached { (u, slack) = (coordinates, slopes) }
    }

    /// One visit of each of `places`; returns the largest step, each by the root of its curvature.
    @discardableResult
    private mutating func sweep(_ places: [Int]) -> Double {
        let random = settings.isRandom ? CounterRandom(seed: UInt64(sweeps), purpose: "linear.coordinates") : nil
        sweeps += 1
        var largest = 0.0
        for turn in places.indices {
            let place = places[random?.below(places.count, turn) ?? turn]
            let curvature = gram[place, place]
            guard curvature + l2[place] > 0 else { continue }
            let before = u[place]
            let after = threshold(slack[place] + curvature * before, l1[place]) / (curvature + l2[place])
            guard after != before else { continue }
            u[place] = after
            subtract(after - before, place)
            largest = max(largest, abs(after - before) * (curvature + l2[place]).squareRoot())
        }
        return largest
    }

    private func threshold(_ value: Double, _ limit: Double) -> Double {
        if value > limit { return value - limit }
        if value < -limit, !settings.isPositive { return value + limit }
        return 0
    }

    /// slack −= step · G[place]
    private mutating func subtract(_ step: Double, _ place: Int) {
        let line = gram.elements.unsafePointer + place * gram.stride
        slack.withUnsafeMutableBufferPointer { slack in
            guard let slack = slack.baseAddress else { return }
            for other in 0..<gram.columns { slack[other] -= step * line[other] }
        }
        withExtendedLifetime(gram) {}
    }

    /// The greatest distance of a subgradient from zero.
    var violation: Double {
        var greatest = 0.0
        for place in u.indices {
            let slope = slack[place] - l2[place] * u[place]
            let distance: Double
            if u[place] != 0 {
                distance = abs(slope - (u[place] > 0 ? l1[place] : -l1[place]))
            } else {
                distance = (settings.isPositive ? slope : abs(slope)) - l1[place]
            }
            greatest = max(greatest, distance)
        }
        return greatest
    }

    /// How a step to the solution of equations ends.
    private enum Step {
        /// There.
        case solved
        /// Where a coordinate reached zero.
        case cut
        /// Nowhere: the equations are singular, too many, or none.
        case refused
    }

    /// Moves to the solution of the equations of all coordinates that are not zero, or towards it until a sign would
    /// change.
    private mutating func solveSupport(_ kernels: Kernels) throws -> Step {
        let support = u.indices.filter { u[$0] != 0 }
        guard !support.isEmpty, support.count <= 4096 else { return .refused }
        let size = support.count
        let matrix = Matrix<Double>(rows: size, columns: size) { target in
            for (row, place) in support.enumerated() {
                for (column, other) in support.enumerated() { target[row * size + column] = gram[place, other] }
                target[row * size + row] += l2[place]
            }
        }
        guard let factor = try kernels.cholesky(matrix), factor.reciprocalCondition > 1e-13 else { return .refused }
        // In steps from where it stands, so that rounding is relative to the step.
        let step = try kernels.solve(
            factor, support.map { slack[$0] - l2[$0] * u[$0] - (u[$0] > 0 ? l1[$0] : -l1[$0]) })
        var (share, first) = (1.0, -1)
        for (place, change) in zip(support, step) where (u[place] + change) * u[place] <= 0 {
            let reach = -u[place] / change
            if reach < share { (share, first) = (reach, place) }
        }
        for (place, change) in zip(support, step) {
            let after = place == first ? 0 : u[place] + share * change
            let moved = after - u[place]
            u[place] = after
            subtract(moved, place)
        }
        return first < 0 ? .solved : .cut
    }
}
