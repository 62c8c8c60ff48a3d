import ApusCore
import ApusKernels
import Testing

@Suite struct RowKernelTests {
    static let variants: [RowKernels] = [RowKernels(.swift)] + (0...2).compactMap { RowKernels(level: $0) }

    /// 1e-13 is a few hundred roundings of sums of size 1.
    @Test(arguments: [(1, 1), (4, 7), (9, 100), (3, 0), (0, 5)], [1, 3])
    func `rows in any order give their margins and their gradient`(size: (count: Int, columns: Int), step: Int) {
        let (count, columns) = size
        let random = CounterRandom(seed: 4, purpose: "rows")
        let stride = columns + 2
        let x = (0..<20 * stride + 1).map { random.unit($0) - 0.5 }
        let rows = (0..<2 * count + 1).map { Int64(random.below(20, 9_000 + $0)) }
        let coefficients = (0..<columns + 1).map { random.unit(20_000 + $0) - 0.5 }
        let residuals = (0..<(count + 1) * step).map { random.unit(30_000 + $0) - 0.5 }
        for kernels in Self.variants {
            let view = rows.withUnsafeBufferPointer { rows in
                x.withUnsafeBufferPointer { x in
                    rows.baseAddress.flatMap { rows in
                        x.baseAddress.map {
                            RowKernels.Rows(count: count, ahead: 7, columns: columns, stride: stride, rows: rows, x: $0)
                        }
                    }
                }
            }
            guard let view else { continue }
            withExtendedLifetime((rows, x)) {
                var margins = [Double](repeating: 7, count: (count + 1) * step)
                kernels.margins(view, coefficients: coefficients, intercept: 0.25, step: step, into: &margins)
                var gradient = [Double](repeating: 7, count: columns + 1)
                let total = kernels.gradient(view, residuals: residuals, step: step, into: &gradient)
                for i in 0..<count {
                    let exact = (0..<columns).reduce(0.25) { $0 + x[Int(rows[i]) * stride + $1] * coefficients[$1] }
                    #expect(abs(margins[i * step] - exact) < 1e-13)
                }
                for j in 0..<columns {
                    let exact = (0..<count).reduce(0.0) { $0 + residuals[$1 * step] * x[Int(rows[$1]) * stride + j] }
                    #expect(abs(gradient[j] - exact) < 1e-13)
                }
                #expect(abs(total - (0..<count).reduce(0.0) { $0 + residuals[$1 * step] }) < 1e-13)
                #expect(margins[count * step] == 7 && gradient[columns] == 7)
            }
        }
    }

    @Test(arguments: [0, 1, 8, 103], [0, 0.1]) func `steps have the bits of their formula`(columns: Int, cut: Double) {
        let random = CounterRandom(seed: 4, purpose: "step")
        let slopes = (0...columns).map { random.unit($0) - 0.5 }
        let start = (0...columns).map { $0 % 7 == 0 ? 0 : random.unit(1_000 + $0) - 0.5 }
        for kernels in Self.variants {
            var coefficients = start
            kernels.step(columns, keep: 0.9, share: 0.3, cut: cut, slopes: slopes, &coefficients)
            for place in 0..<columns {
                let moved = 0.9 * start[place] - 0.3 * slopes[place]
                #expect(coefficients[place] == (moved < 0 ? min(0, moved + cut) : max(0, moved - cut)))
            }
            #expect(coefficients[columns] == start[columns])
        }
    }
}
