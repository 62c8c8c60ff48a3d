import ApusCore
import ApusKernels

/// Numbers in −1 ..< 1 that depend on the seed alone.
struct Draws {
    private let random: CounterRandom
    private var next = 0

    init(_ seed: Int) { random = CounterRandom(seed: UInt64(seed), purpose: "test") }

    mutating func unit() -> Double {
        next += 1
        return 2 * random.unit(next) - 1
    }

    mutating func vector(_ count: Int) -> [Double] { (0..<count).map { _ in unit() } }

    /// With unused elements between the rows.
    mutating func matrix(_ rows: Int, _ columns: Int, gap: Int = 0) -> Matrix<Double> {
        let stride = columns + gap
        return Matrix(Buffer(vector(rows * stride)), rows: rows, columns: columns, stride: stride)
    }
}

extension Matrix where Element == Double {
    var single: Matrix<Float> {
        Matrix<Float>(Buffer(elements.map { Float($0) }), rows: rows, columns: columns, stride: stride)
    }
}

/// Columns as they are.
func plain(_ columns: [[Double]], rows: Int, factors: [Double]? = nil) throws -> StandardizedColumns {
    try StandardizedColumns(
        columns.map { Buffer($0) }, means: [Double](repeating: 0, count: columns.count),
        scales: [Double](repeating: 1, count: columns.count), factors: factors.map { Buffer($0) }, rows: rows)
}

/// Both backends, each on one thread and on three.
let allKernels = [
    Kernels(backend: .c, threads: 1), Kernels(backend: .c, threads: 3), Kernels(backend: .swift, threads: 1),
    Kernels(backend: .swift, threads: 3),
]
