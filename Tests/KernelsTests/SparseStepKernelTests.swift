import ApusCore
import ApusKernels
import Testing

/// Steps along sparse rows against the obvious loops over all coefficients. 1e-12 is some thousand roundings of sums of
/// size 1.
@Suite struct SparseStepKernelTests {
    static let variants: [SparseStepKernels] =
        [SparseStepKernels(.swift)] + (0...2).compactMap { SparseStepKernels(level: $0) }

    @Test(arguments: [1, 3], [false, true])
    func `margins are those of coefficients that have all been scaled and cut`(scores: Int, cuts: Bool) throws {
        let size = SparseKernelTests.Size(rows: 50, width: 61, density: 0.3)
        let x = try SparseKernelTests.rows(size)
        let rows = (0..<30).map { Int64(SparseKernelTests.random.below(size.rows, 6 << 40 + $0)) }
        let (count, factor, taken) = (16, 0.7, 0.2)
        let start = SparseKernelTests.draws(scores * size.width, 7 << 40)
        let startTakings = (0..<size.width).map { 0.01 * Double($0 % 20) }
        let intercepts = (0..<scores).map { 0.25 * Double($0) }
        for kernels in Self.variants {
            var (held, takings) = (start, startTakings)
            var margins = [Double](repeating: 7, count: (count + 1) * scores)
            takings.withUnsafeMutableBufferPointer {
                kernels.margins(
                    x, rows, count: count, ahead: 14, factor: factor, taken: taken, intercepts: intercepts,
                    takings: cuts ? $0.baseAddress : nil, held: &held, into: &margins)
            }
            let coefficients = start.indices.map { place in
                let due = cuts ? taken - startTakings[place % size.width] : 0
                return factor * (start[place] < 0 ? -1 : 1) * max(0, abs(start[place]) - due)
            }
            var met = Set<Int>()
            for i in 0..<count {
                for score in 0..<scores {
                    var margin = intercepts[score]
                    for column in 0..<size.width where x[Int(rows[i]), column] != 0 {
                        margin += x[Int(rows[i]), column] * coefficients[score * size.width + column]
                        met.insert(column)
                    }
                    #expect(abs(margins[i * scores + score] - margin) < 1e-12)
                }
            }
            #expect(margins.suffix(scores).allSatisfy { $0 == 7 })
            // What was met has paid, what was not is as it was.
            for column in 0..<size.width {
                #expect(takings[column] == (cuts && met.contains(column) ? taken : startTakings[column]))
                for place in stride(from: column, to: held.count, by: size.width) {
                    #expect(
                        cuts && met.contains(column)
                            ? abs(factor * held[place] - coefficients[place]) < 1e-15 : held[place] == start[place])
                }
            }
        }
    }

    @Test(arguments: [1, 3]) func `steps have the bits of their formula`(scores: Int) throws {
        let size = SparseKernelTests.Size(rows: 50, width: 61, density: 0.3)
        let x = try SparseKernelTests.rows(size)
        let rows = (0..<16).map { Int64(SparseKernelTests.random.below(size.rows, 6 << 40 + $0)) }
        let residuals = SparseKernelTests.draws(rows.count * scores, 8 << 40)
        let start = SparseKernelTests.draws(scores * size.width, 7 << 40)
        var wanted = start
        for (i, row) in rows.enumerated() {
            for score in 0..<scores {
                let step = 0.3 * residuals[i * scores + score]
                for column in 0..<size.width where x[Int(row), column] != 0 {
                    wanted[score * size.width + column] -= step * x[Int(row), column]
                }
            }
        }
        for kernels in Self.variants {
            var held = start
            kernels.take(x, rows, count: rows.count, scores: scores, share: 0.3, residuals: residuals, held: &held)
            #expect(held == wanted)
        }
    }
}
