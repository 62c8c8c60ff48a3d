import ApusCore
import ApusKernels

/// The second-order model of the loss over columns, of as many scores together as fit: their matrix of curvatures is
/// made of weighted products of columns with each other, and minimised by coordinate descent.
///
/// Cost of a step: `rows · variables²` operations. Memory: the matrix of `variables²`, and 32 MiB.
struct DenseProximalModel: ProximalModel {
    /// With the variables as coefficients of the standardised columns.
    let loss: LogisticLoss
    /// The penalty of each column's absolute coefficient.
    let l1: [Double]

    /// A matrix of 32 MiB.
    let capacity: Int? = 2048

    func direction(
        _ part: ProximalNewton.Part, from reached: ProximalNewton.Reached, tol: Double, _ kernels: Kernels,
        in context: RunContext
    ) throws -> [Double] {
        var places: [Int] = []
        // The squared penalty is in the gradient and has its own place in the descent.
        var (corners, l2): ([Double], [Double]) = ([], [])
        for (score, columns) in zip(part.scores, part.columns) {
            places += columns.map { score * loss.width + $0 }
            corners += columns.map { l1[$0] }
            l2 += columns.map { loss.penalties[$0] }
            guard loss.hasIntercept else { continue }
            places.append(loss.scores * loss.width + score)
            corners.append(0)
            l2.append(0)
        }
        var direction = [Double](repeating: 0, count: reached.point.count)
        guard !places.isEmpty else { return direction }
        let hessian = try hessian(part, reached.point, size: places.count, kernels, in: context)
        let before = places.map { reached.point[$0] }
        let image = try kernels.product(hessian, vector: before)
        let slopes = places.indices.map { image[$0] - (reached.gradient[places[$0]] - l2[$0] * before[$0]) }
        var descent = CoordinateDescent(
            hessian, settings: CoordinateDescent.Settings(tol: tol, maxIter: 1000, patience: 100), start: before)
        _ = try descent.minimise(slopes, l1: corners, l2: l2, kernels, in: context)
        for (index, place) in places.enumerated() { direction[place] = descent.u[index] - before[index] }
        return direction
    }

    /// The second derivatives of the mean loss by the variables of `part`, score by score.
    ///
    /// A row's curvatures are `diag(p) − p pᵀ` over the scores: products of each score's columns, less products of all
    /// columns together, each times the share of its score. Of a single score they are `p (1 − p)`.
    private func hessian(
        _ part: ProximalNewton.Part, _ point: [Double], size: Int, _ kernels: Kernels, in context: RunContext
    ) throws -> Matrix<Double> {
        let shares = try loss.shares(at: point, kernels)
        let isSingle = part.scores.count == 1
        let own = try zip(part.scores, part.columns).map { score, columns in
            let roots = Buffer<Double>(count: loss.columns.rows) { target in
                for row in target.indices {
                    let share = shares[score][row]
                    let curvature =
                        isSingle ? max(share * (1 - share), Self.leastCurvature) : share + Self.leastCurvature
                    target[row] = ((loss.weights?[row] ?? 1) * curvature).squareRoot()
                }
            }
            return try kernels.gram(standardized(columns, roots)).summed(in: context)
        }
        let common = isSingle ? nil : try common(part, shares, size: size, kernels, in: context)
        try context.checkCancellation()
        return Matrix<Double>(rows: size, columns: size) { target in
            for row in 0..<size {
                for column in 0..<size { target[row * size + column] = -(common?[row, column] ?? 0) / loss.total }
            }
            var start = 0
            for gram in own {
                for row in 0..<gram.rows {
                    for column in 0..<gram.columns {
                        target[(start + row) * size + start + column] += gram[row, column] / loss.total
                    }
                }
                start += gram.rows
            }
            // The same number added to all scores changes no probability: without this there would be a direction
            // without curvature.
            for place in 0..<size { target[place * size + place] *= 1 + Self.leastCurvature }
        }
    }

    /// Columns, and one of ones for the intercept, with a factor a row.
    private func standardized(_ used: [Int], _ factors: Buffer<Double>) throws -> StandardizedColumns {
        let columns = loss.columns
        let ones = loss.hasIntercept ? [Buffer<Double>(repeating: 1, count: columns.rows)] : []
        return try StandardizedColumns(
            used.map { columns.columns[$0] } + ones, means: used.map { columns.means[$0] } + ones.map { _ in 0 },
            scales: used.map { columns.scales[$0] } + ones.map { _ in 1 }, factors: factors, rows: columns.rows)
    }

    /// Σ weight · v vᵀ over the rows, v the columns of all scores of `part` times the shares of those.
    private func common(
        _ part: ProximalNewton.Part, _ shares: [Buffer<Double>], size: Int, _ kernels: Kernels, in context: RunContext
    ) throws -> Matrix<Double> {
        let places = zip(part.scores, part.columns).flatMap { score, columns in
            columns.map { (score: score, column: Int?($0)) } + (loss.hasIntercept ? [(score, nil)] : [])
        }
        let columns = loss.columns
        // As many rows at once as take 32 MiB.
        let rowsAtOnce = max(1024, (4 << 20) / size)
        var sums = [Double](repeating: 0, count: size * size)
        for first in stride(from: 0, to: columns.rows, by: rowsAtOnce) {
            let rows = first..<min(first + rowsAtOnce, columns.rows)
            var products = [Buffer<Double>](repeating: Buffer([]), count: size)
            products.withUnsafeMutableBufferPointer { products in
                nonisolated(unsafe) let products = products
                kernels.parallelFor(size) { index in
                    let (score, column) = places[index]
                    products[index] = Buffer(count: rows.count) { target in
                        let share = shares[score]
                        guard let column else {
                            for row in rows { target[row - first] = share[row] }
                            return
                        }
                        let (x, mean, scale) = (columns.columns[column], columns.means[column], columns.scales[column])
                        for row in rows { target[row - first] = (x[row] - mean) * scale * share[row] }
                    }
                }
            }
            let gram = try kernels.gram(
                StandardizedColumns(
                    products, means: [Double](repeating: 0, count: size), scales: [Double](repeating: 1, count: size),
                    factors: loss.weights.map { weights in Buffer(rows.map { weights[$0].squareRoot() }) },
                    rows: rows.count))
            for row in 0..<size {
                for column in 0..<size { sums[row * size + column] += gram[row, column] }
            }
        }
        return try Matrix(Buffer(sums), rows: size, columns: size).summed(in: context)
    }
}
