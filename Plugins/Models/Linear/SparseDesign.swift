import ApusCore
import ApusKernels

/// The active elements of features with vectors as sparse rows, standardised on the way: element `k` of a row is
/// `(x[k] − shifts[k]) · factors[k]`, and the zeros of x are never touched.
///
/// Columns that are one number a row are standardised in place, as nothing of them is 0 anyway; a vector that stands
/// alone keeps its entries where they are.
struct SparseDesign: Sendable {
    let x: SparseRows
    let shifts: [Double]
    let factors: [Double]

    /// `active` are the elements to take, ascending.
    init(
        _ features: LinearFeatures, active: [Int], means: [Double], deviations: [Double], _ kernels: Kernels
    ) throws {
        var isScalar = [Bool](repeating: false, count: features.width)
        for place in features.places { isScalar[place] = true }
        shifts = active.map { isScalar[$0] ? 0 : means[$0] }
        factors = active.map { isScalar[$0] ? 1 : 1 / deviations[$0] }
        let isAlone = features.columns.isEmpty && features.vectors.count == 1
        if isAlone, active.count == features.width {
            x = features.vectors[0].rows
            return
        }
        var position = [Int32](repeating: -1, count: features.width)
        for (place, element) in active.enumerated() { position[element] = Int32(place) }
        if isAlone {
            x = try features.vectors[0].rows.selecting(position, width: active.count)
            return
        }
        x = try SparseDesign.gathered(features, position, means, deviations, width: active.count)
    }

    /// All elements as they are.
    init(_ features: LinearFeatures) throws {
        shifts = [Double](repeating: 0, count: features.width)
        factors = [Double](repeating: 1, count: features.width)
        if features.columns.isEmpty, features.vectors.count == 1 {
            x = features.vectors[0].rows
        } else {
            x = try SparseDesign.gathered(
                features, (0..<features.width).map { Int32($0) }, shifts, factors, width: features.width)
        }
    }

    /// The elements that have a position, in order.
    private static func gathered(
        _ features: LinearFeatures, _ position: [Int32], _ means: [Double], _ deviations: [Double], width: Int
    ) throws -> SparseRows {
        /// A stretch of elements: a column, or a vector.
        enum Piece {
            case column(Buffer<Double>)
            case vector(SparseRows)
        }
        let pieces =
            (zip(features.places, features.columns).map { ($0, Piece.column($1)) }
            + features.vectors.map { ($0.start, Piece.vector($0.rows)) }).sorted { $0.0 < $1.0 }
        var (offsets, indices, values): ([Int64], [Int32], [Double]) = ([0], [], [])
        let most = features.vectors.reduce(features.rows * features.columns.count) { $0 + $1.rows.entryCount }
        offsets.reserveCapacity(features.rows + 1)
        indices.reserveCapacity(most)
        values.reserveCapacity(most)
        for row in 0..<features.rows {
            for (start, piece) in pieces {
                switch piece {
                case .column(let column):
                    guard position[start] >= 0 else { continue }
                    indices.append(position[start])
                    values.append((column.unsafePointer[row] - means[start]) / deviations[start])
                case .vector(let rows):
                    for place in rows.entries(of: row) {
                        let index = position[start + Int(rows.indices.unsafePointer[place])]
                        guard index >= 0 else { continue }
                        indices.append(index)
                        values.append(rows.values.unsafePointer[place])
                    }
                }
            }
            offsets.append(Int64(indices.count))
        }
        return try SparseRows(width: width, offsets: offsets, indices: indices, values: values)
    }

    /// The coefficients of x itself, and what their means take off every row.
    private func raw(_ scaled: some Collection<Double>) -> (coefficients: [Double], offset: Double) {
        let coefficients = zip(scaled, factors).map { $0 * $1 }
        return (coefficients, zip(coefficients, shifts).reduce(0) { $0 + $1.0 * $1.1 })
    }

    /// The gradient by the scaled coefficients, from that by the coefficients of x and the sum of the residuals.
    private func scaled(_ gradient: some Collection<Double>, _ total: Double) -> [Double] {
        zip(gradient, zip(shifts, factors)).map { ($0 - $1.0 * total) * $1.1 }
    }

    /// The standardised rows times coefficients, plus an intercept.
    func margins(_ scaled: some Collection<Double>, intercept: Double, _ kernels: Kernels) throws -> Buffer<Double> {
        let (coefficients, offset) = raw(scaled)
        return try kernels.margins(
            x, coefficients: coefficients, initial: Buffer(repeating: intercept - offset, count: x.count))
    }

    /// The transposed standardised rows times one factor a row, whose sum is `total`.
    func transposedProduct(_ rowFactors: Buffer<Double>, total: Double, _ kernels: Kernels) throws -> [Double] {
        scaled(try kernels.sums(x, factors: rowFactors), total)
    }

    /// As the kernel of the same name, on the standardised rows.
    func linearPass(
        _ loss: Kernels.MarginLoss, targets: Buffer<Double>, weights: Buffer<Double>?, coefficients: [Double],
        intercept: Double, _ kernels: Kernels
    ) throws -> LossGradient {
        let (coefficients, offset) = raw(coefficients)
        var pass = try kernels.linearPass(
            loss, x, targets: targets, weights: weights, coefficients: coefficients, intercept: intercept - offset)
        pass.gradient = scaled(pass.gradient, pass.intercepts[0])
        return pass
    }

    /// As the kernel of the same name, on the standardised rows.
    func softmaxPass(
        labels: Buffer<Int32>, weights: Buffer<Double>?, coefficients: [Double], intercepts: [Double],
        _ kernels: Kernels
    ) throws -> LossGradient {
        let width = x.width
        let parts = intercepts.indices.map { raw(coefficients[$0 * width..<($0 + 1) * width]) }
        var pass = try kernels.softmaxPass(
            x, labels: labels, weights: weights, coefficients: parts.flatMap(\.coefficients),
            intercepts: zip(intercepts, parts).map { $0 - $1.offset })
        pass.gradient = intercepts.indices.flatMap {
            scaled(pass.gradient[$0 * width..<($0 + 1) * width], pass.intercepts[$0])
        }
        return pass
    }
}
