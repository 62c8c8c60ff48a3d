import ApusCore
import ApusKernels

/// Elastic nets for one strength of penalty after another, each from the solution of the last.
///
/// Where the columns are few, or there are more rows, their products with each other are made once. Otherwise those of a
/// working set are: the columns that the slope calls for, enlarged until no other one does.
struct ElasticNetPath: PenaltyPath {
    private let problem: RegressionProblem
    private let l1Ratio: Double
    private let settings: CoordinateDescent.Settings
    /// Positions among the active columns.
    private var working: [Int] = []
    private var descent: CoordinateDescent?
    private var correlations: [Double] = []
    /// The rows for slopes of columns outside the working set; nil where all columns are in it.
    private var packed: Matrix<Double>?
    private var u: [Double]
    /// What does the work where there are vectors.
    private var sparse: SparseElasticNetPath?

    /// Up to so many columns all products are made.
    private static let columnsAtOnce = 2048

    init(_ problem: RegressionProblem, l1Ratio: Double, settings: CoordinateDescent.Settings) {
        self.problem = problem
        self.l1Ratio = l1Ratio
        self.settings = settings
        u = [Double](repeating: 0, count: problem.design.active.count)
    }

    /// The least strength at which all coefficients are zero.
    mutating func greatestAlpha(_ kernels: Kernels, in context: RunContext) throws -> Double {
        if let path = try sparsePath(in: context) { return try path.greatestAlpha(kernels) }
        guard let columns = problem.columns else { return 0 }
        try start(columns, kernels, in: context)
        let slopes = try slopes(columns, at: [Double](repeating: 0, count: u.count), kernels)
        return zip(problem.design.active, slopes).reduce(0) { greatest, slope in
            let size = settings.isPositive ? slope.1 : abs(slope.1)
            return max(greatest, size * problem.design.deviations[slope.0] * problem.target.scale / l1Ratio)
        }
    }

    mutating func solve(alpha: Double, _ kernels: Kernels, in context: RunContext) throws -> [Double] {
        if var path = try sparsePath(in: context) {
            defer { sparse = path }
            return try path.solve(alpha: alpha, kernels, in: context)
        }
        guard let columns = problem.columns else { return u }
        try start(columns, kernels, in: context)
        let (l1, l2) = penalties(alpha)
        var hasConverged = true
        while true {
            guard var descent else { return u }
            hasConverged = try descent.minimise(
                correlations, l1: working.map { l1[$0] }, l2: working.map { l2[$0] }, kernels, in: context)
            self.descent = descent
            for (place, position) in working.enumerated() { u[position] = descent.u[place] }
            guard packed != nil else { break }
            let missing = try outside(columns, l1, kernels)
            if missing.isEmpty { break }
            try use((working + missing).sorted(), columns, kernels, in: context)
        }
        if !hasConverged {
            context.send(
                Warning(
                    "Coordinate descent stopped after \(settings.maxIter) sweeps at alpha \(alpha) before it converged; "
                        + "raise max_iter, tol or alpha."))
        }
        return u
    }

    private mutating func sparsePath(in context: RunContext) throws -> SparseElasticNetPath? {
        guard sparse == nil, let design = problem.sparse else { return sparse }
        sparse = try SparseElasticNetPath(problem, design, l1Ratio: l1Ratio, settings: settings, in: context)
        return sparse
    }

    /// What a scaled coefficient and its square cost, against the mean squared error of a target of deviation 1.
    private func penalties(_ alpha: Double) -> (l1: [Double], l2: [Double]) {
        let scale = problem.target.scale
        let limit = Double.greatestFiniteMagnitude.squareRoot()
        let deviations = problem.design.active.map { problem.design.deviations[$0] }
        return (
            deviations.map { min(alpha * l1Ratio / $0 / scale, limit) },
            deviations.map { min(alpha * (1 - l1Ratio) / $0 / $0, limit) }
        )
    }

    private mutating func start(_ columns: StandardizedColumns, _ kernels: Kernels, in context: RunContext) throws {
        guard descent == nil else { return }
        let width = u.count
        if width <= Self.columnsAtOnce || columns.rows > 2 * width || context.communicator.size > 1 {
            try use(Array(0..<width), columns, kernels, in: context)
        } else {
            packed = try kernels.packed(columns.selecting(Array(0..<width)))
            try use([], columns, kernels, in: context)
        }
    }

    /// Makes the products of these columns with each other and with the target.
    private mutating func use(
        _ places: [Int], _ columns: StandardizedColumns, _ kernels: Kernels, in context: RunContext
    ) throws {
        let known = places.count == u.count ? problem.products : nil
        let sums = try known ?? kernels.gram(try columns.selecting(places + [u.count])).summed(in: context)
        try context.checkCancellation()
        let (width, weight) = (places.count, problem.target.weight)
        working = places
        correlations = (0..<width).map { sums[$0, width] / weight }
        let gram = Matrix<Double>(rows: width, columns: width) { target in
            for row in 0..<width {
                for column in 0..<width { target[row * width + column] = sums[row, column] / weight }
            }
        }
        descent = CoordinateDescent(gram, settings: settings, start: places.map { u[$0] })
    }

    /// Columns outside the working set whose slope exceeds their penalty, the steepest at most as many as there are.
    private func outside(_ columns: StandardizedColumns, _ l1: [Double], _ kernels: Kernels) throws -> [Int] {
        let slopes = try slopes(columns, at: u, kernels)
        let inside = Set(working)
        let excess = u.indices.compactMap { place -> (place: Int, excess: Double)? in
            let slope = settings.isPositive ? slopes[place] : abs(slopes[place])
            guard !inside.contains(place), slope > l1[place] + settings.tol else { return nil }
            return (place, slope - l1[place])
        }
        let limit = max(64, working.count)
        return excess.sorted { ($1.excess, $0.place) < ($0.excess, $1.place) }.prefix(limit).map(\.place)
    }

    /// Σ weight · x · residual / Σ weight of every active column.
    private func slopes(_ columns: StandardizedColumns, at u: [Double], _ kernels: Kernels) throws -> [Double] {
        // Where all columns are in the working set only the start is asked for.
        guard let packed else { return correlations }
        let weight = problem.target.weight
        let target = try kernels.packed(columns.selecting([u.count]))
        let pass = try kernels.linearPass(
            .squared, packed, targets: target.elements, coefficients: u, intercept: 0)
        return pass.gradient.map { -$0 / weight }
    }
}

extension StandardizedColumns {
    /// Some of the columns, in this order.
    func selecting(_ places: [Int]) throws -> StandardizedColumns {
        try StandardizedColumns(
            places.map { columns[$0] }, means: places.map { means[$0] }, scales: places.map { scales[$0] },
            factors: factors, rows: rows)
    }
}
