import ApusCore
import ApusKernels

/// Long tables are first fitted on a tenth of their rows: from there, and with the curvature found there, half as many
/// passes over all rows are left, each of which costs ten over the sample.
extension LogisticLoss {
    /// Rows that are taken from every ten times as many, so that a pass over them reads no more memory than theirs.
    private static let run = 64

    /// The loss of every tenth run of rows; nil where they are too few to tell the curvature, or the rarer class is.
    func sampled(_ kernels: Kernels) throws -> LogisticLoss? {
        guard scores == 1, width > 0, width <= 2048, columns.rows >= 10 * max(64 * width, 8192) else { return nil }
        let starts = Array(stride(from: 0, through: columns.rows - Self.run, by: 10 * Self.run))
        let (targets, weights) = (Self.taken(targets, starts), weights.map { Self.taken($0, starts) })
        let total = weights?.reduce(0, +) ?? Double(targets.count)
        let positive = targets.indices.count { targets[$0] > 0.5 && weights?[$0] != 0 }
        let negative = targets.indices.count { targets[$0] <= 0.5 && weights?[$0] != 0 }
        guard min(positive, negative) >= 10 * width, total > 0 else { return nil }
        var copies = [Buffer<Double>?](repeating: nil, count: width)
        copies.withUnsafeMutableBufferPointer { copies in
            nonisolated(unsafe) let target = copies
            kernels.parallelFor(width) { target[$0] = Self.taken(columns.columns[$0], starts) }
        }
        let rows = try StandardizedColumns(
            copies.compactMap { $0 }, means: columns.means, scales: columns.scales, rows: targets.count)
        return LogisticLoss(
            columns: rows, x: nil, labels: Self.taken(labels, starts), targets: targets, weights: weights, total: total,
            scores: scores, metric: metric, penalties: penalties, hasIntercept: hasIntercept)
    }

    private static func taken<Value>(_ buffer: Buffer<Value>, _ starts: [Int]) -> Buffer<Value> {
        Buffer(count: starts.count * run) { target in
            for (place, start) in starts.enumerated() {
                for row in 0..<run { target[place * run + row] = buffer[start + row] }
            }
        }
    }

    /// Variables in which the curvature at a point of this loss is round, and that are 0 there.
    func metric(at point: [Double], _ kernels: Kernels) throws -> LogisticMetric {
        let (coefficients, intercepts) = try natural(point, kernels)
        let margins = try kernels.margins(
            columns.columns, rows: columns.rows, means: columns.means,
            coefficients: zip(coefficients, columns.scales).map { $0 * $1 }, intercept: intercepts[0])
        let shares = kernels.logistic(margins)
        let roots = Buffer<Double>(count: columns.rows) { target in
            for row in target.indices {
                target[row] = ((weights?[row] ?? 1) * shares[row] * (1 - shares[row])).squareRoot()
            }
        }
        let curved = try StandardizedColumns(
            columns.columns, means: columns.means, scales: columns.scales, factors: roots, rows: columns.rows)
        return try LogisticMetric(
            curved, total: total, penalties: penalties, around: coefficients, intercept: intercepts[0], kernels)
    }
}
