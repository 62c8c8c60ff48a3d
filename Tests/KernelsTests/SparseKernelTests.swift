import ApusCore
import ApusKernels
import Testing

/// Both backends against the obvious loops over dense numbers. 1e-12 is some thousand roundings of sums of size 1.
@Suite struct SparseKernelTests {
    struct Size: Sendable, CustomTestStringConvertible {
        var rows: Int
        var width: Int
        var density: Double
        var testDescription: String { "\(rows)×\(width) at \(density)" }
    }

    static let sizes = [
        Size(rows: 1, width: 1, density: 1), Size(rows: 7, width: 3, density: 0.5),
        Size(rows: 40, width: 0, density: 0),
        Size(rows: 0, width: 4, density: 0.5), Size(rows: 3_000, width: 61, density: 0.3),
        Size(rows: 9_000, width: 500, density: 0.02),
    ]

    static let random = CounterRandom(seed: 8, purpose: "sparse")

    static func rows(_ size: Size) throws -> SparseRows {
        var (offsets, indices, values): ([Int64], [Int32], [Double]) = ([0], [], [])
        for row in 0...size.rows {
            for column in 0..<size.width where random.unit(row * size.width + column) < size.density {
                indices.append(Int32(column))
                values.append(random.unit(1 << 30 + row * size.width + column) - 0.4)
            }
            offsets.append(Int64(indices.count))
        }
        // A slice: its entries do not start at 0.
        let all = try SparseRows(width: size.width, offsets: offsets, indices: indices, values: values)
        return all.slice(1..<size.rows + 1)
    }

    static func draws(_ count: Int, _ from: Int) -> [Double] { (0..<count).map { random.unit(from + $0) - 0.5 } }

    @Test(arguments: sizes, Backend.allCases)
    func `margins, sums and squares are those of dense rows`(size: Size, backend: Backend) throws {
        let x = try Self.rows(size)
        let kernels = Kernels(backend: backend, threads: 2)
        let coefficients = Self.draws(size.width, 1 << 40)
        let initial = Buffer(Self.draws(size.rows, 2 << 40))
        let margins = try kernels.margins(x, coefficients: coefficients, initial: initial)
        let classes = 3
        let labels = Buffer((0..<size.rows).map { Int32(Self.random.below(classes, 5 << 40 + $0)) })
        let factors = Buffer(Self.draws(size.rows, 3 << 40))
        let sums = try kernels.sums(x, labels: labels, classes: classes, factors: factors)
        let means = Self.draws(classes * size.width, 4 << 40)
        let found = try kernels.squares(x, labels: labels, classes: classes, factors: factors, means: means)
        var (wantedSums, wantedWeights, wantedSquares) = (
            means.map { _ in 0.0 }, means.map { _ in 0.0 }, means.map { _ in 0.0 }
        )
        for row in 0..<size.rows {
            var margin = initial[row]
            for column in 0..<size.width where x[row, column] != 0 {
                let (value, place) = (x[row, column], Int(labels[row]) * size.width + column)
                margin += value * coefficients[column]
                wantedSums[place] += factors[row] * value
                wantedWeights[place] += factors[row]
                wantedSquares[place] += factors[row] * (value - means[place]) * (value - means[place])
            }
            #expect(abs(margins[row] - margin) < 1e-12)
        }
        for place in means.indices {
            #expect(abs(sums[place] - wantedSums[place]) < 1e-12)
            #expect(abs(found.weights[place] - wantedWeights[place]) < 1e-12)
            #expect(abs(found.squares[place] - wantedSquares[place]) < 1e-12)
        }
    }

    /// The dense kernels have oracles of their own.
    @Test(arguments: sizes, Backend.allCases)
    func `passes are those of packed rows`(size: Size, backend: Backend) throws {
        let x = try Self.rows(size)
        let dense = Matrix<Double>(rows: size.rows, columns: size.width) { target in
            for row in 0..<size.rows {
                for column in 0..<size.width { target[row * size.width + column] = x[row, column] }
            }
        }
        let kernels = Kernels(backend: backend, threads: 2)
        let coefficients = Self.draws(3 * size.width, 1 << 40)
        let one = Array(coefficients.prefix(size.width))
        let targets = Buffer((0..<size.rows).map { Self.random.unit(2 << 40 + $0) > 0.5 ? 1.0 : 0 })
        let labels = Buffer((0..<size.rows).map { Int32(Self.random.below(3, 5 << 40 + $0)) })
        for weights in [nil, Buffer((0..<size.rows).map { Self.random.unit(3 << 40 + $0) })] {
            for loss in [Kernels.MarginLoss.squared, .logistic] {
                let found = try kernels.linearPass(
                    loss, x, targets: targets, weights: weights, coefficients: one, intercept: 0.25)
                let wanted = try kernels.linearPass(
                    loss, dense, targets: targets, weights: weights, coefficients: one, intercept: 0.25)
                compare(found, wanted)
                let other = try Kernels(backend: backend, threads: 1).linearPass(
                    loss, x, targets: targets, weights: weights, coefficients: one, intercept: 0.25)
                #expect(found == other)
            }
            compare(
                try kernels.softmaxPass(
                    x, labels: labels, weights: weights, coefficients: coefficients, intercepts: [0, 0.1, -0.2]),
                try kernels.softmaxPass(
                    dense, labels: labels, weights: weights, coefficients: coefficients, intercepts: [0, 0.1, -0.2]))
        }
    }

    private func compare(_ found: LossGradient, _ wanted: LossGradient) {
        #expect(abs(found.loss - wanted.loss) <= 1e-12 * max(1, abs(wanted.loss)))
        for (one, other) in zip(found.gradient + found.intercepts, wanted.gradient + wanted.intercepts) {
            #expect(abs(one - other) <= 1e-11)
        }
    }

    @Test(arguments: sizes) func `columns and rows exchanged twice are what they were`(size: Size) throws {
        let x = try Self.rows(size)
        let columns = try x.transposed()
        #expect(columns.count == size.width && columns.width == size.rows && columns.entryCount == x.entryCount)
        let back = try columns.transposed()
        for row in 0..<size.rows { #expect(back.text(row) == x.text(row)) }
    }

    /// Each coordinate of a sweep solves its own equation, given those before it: checked with dense, centred columns.
    @Test(arguments: Backend.allCases, [false, true])
    func `a sweep moves each coordinate to its optimum`(backend: Backend, isWeighted: Bool) throws {
        let size = Size(rows: 300, width: 12, density: 0.4)
        let x = try Self.rows(size)
        let weights = (0..<size.rows).map { isWeighted ? 0.1 + Self.random.unit(6 << 40 + $0) : 1 }
        let total = weights.reduce(0, +)
        let means = (0..<12).map { k in (0..<300).reduce(0) { $0 + weights[$1] * x[$1, k] } / total }
        let curvatures = (0..<12).map { k in
            (0..<300).reduce(0) { $0 + weights[$1] * (x[$1, k] - means[k]) * (x[$1, k] - means[k]) }
        }
        var y = Self.draws(size.rows, 7 << 40)
        let mean = zip(y, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
        y = y.map { $0 - mean }
        let (l1, l2) = ([Double](repeating: 0.25, count: 12), [Double](repeating: 0.5, count: 12))
        let places: [Int32] = [3, 0, 7, 3, 11]
        let problem = try SparseDescent(
            columns: x.transposed(), means: means, weights: isWeighted ? Buffer(weights) : nil, total: total,
            curvatures: curvatures, isPositive: false)
        var (u, residuals, shift) = ([Double](repeating: 0, count: 12), y, 0.0)
        _ = try Kernels(backend: backend).sweep(
            problem, places, l1: l1, l2: l2, u: &u, residuals: &residuals, shift: &shift)
        var (v, r) = ([Double](repeating: 0, count: 12), y)
        for k in places.map(Int.init) {
            let slope = (0..<300).reduce(0) { $0 + weights[$1] * (x[$1, k] - means[k]) * r[$1] } + curvatures[k] * v[k]
            let after = max(0, abs(slope) - 0.25) / (curvatures[k] + 0.5) * (slope < 0 ? -1 : 1)
            for row in 0..<300 { r[row] -= (after - v[k]) * (x[row, k] - means[k]) }
            v[k] = after
        }
        #expect(v.contains { $0 != 0 })
        for k in 0..<12 { #expect(abs(u[k] - v[k]) < 1e-12) }
        for row in 0..<300 { #expect(abs(residuals[row] + shift - r[row]) < 1e-12) }
    }
}
