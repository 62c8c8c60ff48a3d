import ApusCore
import ApusKernels

/// Standardised columns with the target as the last one, and a diagonal penalty.
struct LeastSquaresProblem {
    let columns: StandardizedColumns
    let penalty: [Double]
    let solver: LeastSquaresSolver
    /// One a row, the squares of the columns' factors; nil for all ones.
    let weights: Buffer<Double>?
    /// Products of all columns with each other, where they are there already.
    let products: Matrix<Double>?

    /// Below this estimate of the normal equations' reciprocal condition, less than about ten digits remain.
    private static let leastCondition = 1e-6
    /// Above this one, steps towards the solution of the data itself bring the digits back.
    private static let leastRefinable = 1e-13

    private var width: Int { penalty.count }
    private var isPenalised: Bool { penalty.contains { $0 > 0 } }

    func solve(_ kernels: Kernels, in context: RunContext) throws -> LeastSquaresSolution<Double> {
        if isPenalised, columns.rows < width, context.communicator.size == 1 {
            return try solveDual(kernels, in: context)
        }
        let cost = Double(columns.rows) * Double(width) * Double(width)
        let isShort = columns.rows <= width && !isPenalised
        if context.communicator.size > 1 || solver == .cholesky
            || solver == .auto && !isShort && (products != nil || cost > RegressionProblem.smallCost)
        {
            if let solution = try solveNormalEquations(kernels, in: context) { return solution }
            guard solver == .auto, context.communicator.size == 1 else {
                throw ApusError(
                    "the normal equations are singular to working precision",
                    remedy: "Set solver to qr, raise alpha, or leave out columns that follow from others.")
            }
        }
        try context.checkCancellation()
        return try solveTriangle(kernels, in: context)
    }

    /// Nil where the condition leaves too few digits.
    private func solveNormalEquations(
        _ kernels: Kernels, in context: RunContext
    ) throws -> LeastSquaresSolution<Double>? {
        let gram = try products ?? kernels.gram(columns)
        try context.checkCancellation()
        let sums = try context.communicator.summed(Array(gram.elements))
        let all = width + 1
        let matrix = Matrix<Double>(rows: width, columns: width) { target in
            for row in 0..<width {
                for column in 0..<width { target[row * width + column] = sums[row * all + column] }
                target[row * width + row] += penalty[row]
            }
        }
        let target = (0..<width).map { sums[$0 * all + width] }
        let least = solver == .auto ? Self.leastCondition : 0x1p-50 * Double(max(width, 8))
        if let factor = try kernels.cholesky(matrix) {
            if factor.reciprocalCondition >= least {
                return LeastSquaresSolution(coefficients: try kernels.solve(factor, target), rank: width)
            }
            if solver == .auto, factor.reciprocalCondition >= Self.leastRefinable,
                let refined = try refine(try kernels.solve(factor, target), factor, kernels, in: context)
            {
                return LeastSquaresSolution(coefficients: refined, rank: width)
            }
        }
        let isLong = columns.rows > 20 * width
        guard solver == .auto, context.communicator.size == 1, !isPenalised, isLong else { return nil }
        try context.checkCancellation()
        // Columns that follow from others, as those of one category do, leave a gap: all pivots are large or nothing
        // but rounding. The solution of least norm is then as good as that of the data.
        let loose = try kernels.leastSquares(matrix, target, tolerance: Self.leastCondition)
        let strict = try kernels.leastSquares(matrix, target, tolerance: 0x1p-52 * 64 * Double(max(width, 8)))
        guard loose.rank == strict.rank, loose.rank < width, try isGapInData(matrix, kernels) else { return nil }
        return loose
    }

    /// The solution of the data, from the normal equations' rough one: the same factor turns what is left of the data's
    /// gradient into a step, again and again (Björck, "Stability analysis of the method of seminormal equations for linear
    /// least squares problems", Linear Algebra Appl. 88/89, 1987). Nil unless every step is a tenth of the one before at
    /// most, which proves that the factor is near enough; then what is missing at the end is less than the last step. Ends
    /// where that is less than the roundoff of an orthogonal factorisation of the data, which grows with its condition.
    private func refine(
        _ start: [Double], _ factor: CholeskyFactor<Double>, _ kernels: Kernels, in context: RunContext
    ) throws -> [Double]? {
        func length(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let features = try StandardizedColumns(
            Array(columns.columns.prefix(width)), means: Array(columns.means.prefix(width)),
            scales: Array(columns.scales.prefix(width)), rows: columns.rows)
        let (mean, scale) = (columns.means[width], columns.scales[width])
        let target = Buffer(columns.columns[width].map { ($0 - mean) * scale })
        let tolerance = min(1e-9, max(1e-12, 0x1p-53 / factor.reciprocalCondition.squareRoot()))
        var solution = start
        var last = length(start)
        for _ in 0..<10 {
            try context.checkCancellation()
            let pass = try kernels.linearPass(
                .squared, features, targets: target, weights: weights, coefficients: solution, intercept: 0)
            let gradient = try context.communicator.summed(pass.gradient).map { -$0 }
            let step = try kernels.solve(factor, zip(gradient, zip(penalty, solution)).map { $0 - $1.0 * $1.1 })
            let (size, whole) = (length(step), length(solution))
            guard size.isFinite, size <= 0.1 * last else {
                // Steps that no longer shrink are rounding, if they are small enough.
                return last <= 1e-9 * whole ? solution : nil
            }
            solution = zip(solution, step).map { $0 + $1 }
            // What the next one would be.
            if size * (size / last) <= tolerance * whole { return solution }
            last = size
        }
        return nil
    }

    /// Whether the columns that the normal equations call dependent are so in the data: squaring hides distances below
    /// 1e-8. A random combination of columns that the equations send to 0 has to vanish in every row.
    private func isGapInData(_ matrix: Matrix<Double>, _ kernels: Kernels) throws -> Bool {
        let random = CounterRandom(seed: 0, purpose: "linear_regression.dependence")
        var probe = (0..<width).map { random.unit($0) - 0.5 }
        for _ in 0..<2 {
            let image = try kernels.product(matrix, vector: probe)
            let found = try kernels.leastSquares(matrix, image, tolerance: Self.leastCondition)
            probe = zip(probe, found.coefficients).map { $0 - $1 }
        }
        let sums = try kernels.margins(
            Array(columns.columns.prefix(width)), rows: columns.rows, means: Array(columns.means.prefix(width)),
            coefficients: zip(probe, columns.scales).map { $0 * $1 }, intercept: 0)
        let length = probe.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let greatest = sums.reduce(0) { max($0, abs($1)) }
        return greatest <= 1e-8 * length
    }

    /// By the triangle of the data, the target and the root of the penalty.
    private func solveTriangle(_ kernels: Kernels, in context: RunContext) throws -> LeastSquaresSolution<Double> {
        let roots = penalty.map { $0.squareRoot() } + [0]
        let triangle = try kernels.triangle(columns, penalty: isPenalised ? roots : nil)
        try context.checkCancellation()
        let matrix = Matrix<Double>(triangle.elements, rows: triangle.rows, columns: width, stride: width + 1)
        let target = (0..<triangle.rows).map { triangle[$0, width] }
        // Rounding leaves a dependent column about this much of its length; it grows as the root of the rows.
        let tolerance = 0x1p-52 * Double(max(width, 8)) * max(8, Double(columns.rows).squareRoot())
        return try kernels.leastSquares(matrix, target, tolerance: tolerance)
    }

    /// Fewer rows than columns: with A = columns / √penalty the solution is A' (A A' + 1)⁻¹ target.
    private func solveDual(_ kernels: Kernels, in context: RunContext) throws -> LeastSquaresSolution<Double> {
        let packed = try kernels.packed(columns)
        let (rows, stride) = (packed.rows, packed.stride)
        let roots = penalty.map { $0.squareRoot() }
        let scaled = Matrix<Double>(rows: rows, columns: width) { target in
            for row in 0..<rows {
                for column in 0..<width {
                    target[row * width + column] = packed.elements[row * stride + column] / roots[column]
                }
            }
        }
        let outer = try kernels.product(scaled, scaled, transposingB: true)
        try context.checkCancellation()
        let matrix = Matrix<Double>(rows: rows, columns: rows) { target in
            for place in target.indices { target[place] = outer.elements[place] }
            for row in 0..<rows { target[row * rows + row] += 1 }
        }
        guard let factor = try kernels.cholesky(matrix) else {
            throw ApusError("the equations are singular to working precision", remedy: "Raise alpha.")
        }
        let dual = try kernels.solve(factor, (0..<rows).map { packed.elements[$0 * stride + width] })
        let solution = try kernels.product(scaled, vector: dual, transposing: true)
        return LeastSquaresSolution(coefficients: zip(solution, roots).map { $0 / $1 }, rank: width)
    }
}
