import ApusCore
import ApusKernels

extension KernelCases {
    /// Passes over sparse rows, the places drawn evenly. Half of their work is to fetch numbers from random places, which
    /// no limit knows: they are held against the bandwidth of memory alone.
    static func sparse(rows: Int, width: Int, entriesInRow: Int) throws -> [KernelCase] {
        let random = CounterRandom(seed: 1, purpose: "sparse rows")
        let reach = width / entriesInRow
        let count = rows * entriesInRow
        let x = try SparseRows(
            width: width, offsets: Buffer((0...rows).map { Int64($0 * entriesInRow) }),
            indices: Buffer((0..<count).map { Int32($0 % entriesInRow * reach + random.below(reach, $0)) }),
            values: Buffer((0..<count).map { random.unit(count + $0) - 0.5 }))
        let columns = try x.transposed()
        let coefficients = (0..<width).map { random.unit(2 * count + $0) - 0.5 }
        let targets = Buffer((0..<rows).map { random.unit(3 * count + $0) > 0.5 ? 1.0 : 0 })
        let labels = Buffer((0..<rows).map { Int32(random.below(3, 3 * count + $0)) })
        let zeros = Buffer<Double>(repeating: 0, count: rows)
        let problem = try SparseDescent(
            columns: columns, means: [Double](repeating: 0, count: width), weights: nil, total: Double(rows),
            curvatures: try Kernels().margins(
                columns.mapValues { $0 * $0 }, coefficients: [Double](repeating: 1, count: rows),
                initial: Buffer(repeating: 0, count: width)
            ).map { $0 }, isPositive: false)
        let penalties = [Double](repeating: 0.1, count: width)
        let order = Buffer(random.permutation(rows).map(Int64.init))
        let (size, bytes) = ("\(rows)×\(width), \(entriesInRow) a row", Double(12 * count))
        return [
            KernelCase(kernel: "sparse_margins", size: size, operations: 0, bytes: bytes, tolerance: 1e-12) {
                Array(try $0.margins(x, coefficients: coefficients, initial: zeros).prefix(1000))
            },
            KernelCase(kernel: "sparse_sums", size: size, operations: 0, bytes: bytes, tolerance: 1e-12) {
                try $0.sums(x, labels: labels, classes: 3)
            },
            KernelCase(kernel: "sparse_logistic", size: size, operations: 0, bytes: bytes, tolerance: 1e-11) {
                try $0.linearPass(.logistic, x, targets: targets, coefficients: coefficients, intercept: 0).gradient
            },
            KernelCase(kernel: "sparse_softmax", size: size, operations: 0, bytes: bytes, tolerance: 1e-11) {
                try $0.softmaxPass(
                    x, labels: labels, coefficients: coefficients + coefficients.reversed() + coefficients,
                    intercepts: [0, 0.1, 0.2]
                ).gradient
            },
            KernelCase(kernel: "sparse_steps", size: size, operations: 0, bytes: bytes, tolerance: 1e-11) { kernels in
                let (steps, batch) = (SparseStepKernels(kernels.backend), 16)
                var (held, margins) = (coefficients, [Double](repeating: 0, count: batch))
                for start in stride(from: 0, to: rows - batch, by: batch) {
                    let next = order.unsafePointer + start
                    steps.margins(
                        x, next, count: batch, ahead: rows - start - batch, factor: 0.5, taken: 0, intercepts: [0.1],
                        takings: nil, held: &held, into: &margins)
                    steps.take(x, next, count: batch, scores: 1, share: 1e-3, residuals: margins, held: &held)
                }
                withExtendedLifetime(order) {}
                return held
            },
            KernelCase(kernel: "sparse_sweep", size: size, operations: 0, bytes: 2 * bytes, tolerance: 1e-11) {
                var (u, residuals, shift) = ([Double](repeating: 0, count: width), Array(targets), 0.0)
                _ = try $0.sweep(
                    problem, (0..<width).map { Int32($0) }, l1: penalties, l2: penalties, u: &u,
                    residuals: &residuals, shift: &shift)
                return u
            },
        ]
    }
}
