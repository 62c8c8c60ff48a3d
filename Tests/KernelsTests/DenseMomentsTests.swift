import ApusCore
import ApusKernels
import Testing

struct DenseMomentsTests {
    @Test(arguments: [1, 2, 1023, 1024, 1025, 70_000], [false, true])
    func `moments equal those in higher precision`(rows: Int, isWeighted: Bool) throws {
        var draws = Draws(rows)
        let x = draws.vector(rows).map { 1e6 + $0 }
        let weights = isWeighted ? draws.vector(rows).map { abs($0) } : nil
        for kernels in allKernels {
            let found = try kernels.moments([Buffer(x)], weights: weights.map { Buffer($0) })[0]
            // Exact sums of the shifted values keep all digits.
            var (weight, sum) = (0.0, 0.0)
            for row in 0..<rows {
                weight += weights?[row] ?? 1
                sum += (weights?[row] ?? 1) * (x[row] - 1e6)
            }
            let mean = sum / weight
            let squares = (0..<rows).reduce(0.0) { total, row in
                let difference = x[row] - 1e6 - mean
                return total + (weights?[row] ?? 1) * difference * difference
            }
            #expect(abs(found.weight - weight) <= 1e-13 * weight)
            #expect(abs(found.mean - (1e6 + mean)) <= 4e-10)
            #expect(abs(found.squares - squares) <= 1e-9 * squares + 1e-12)
            #expect(found.least == x.min() && found.greatest == x.max())
        }
    }

    @Test func `moments of nothing, of one value and of NaN`() throws {
        for kernels in allKernels {
            #expect(try kernels.moments([]) == [])
            #expect(try kernels.moments([Buffer([Double]())])[0] == .empty)
            let constant = try kernels.moments([Buffer([Double](repeating: 0.1, count: 3001))])[0]
            #expect(constant.isConstant && constant.mean == 0.1 && constant.squares == 0)
            #expect(try kernels.moments([Buffer([1, .nan, 3])])[0].mean.isNaN)
            let zeroWeights = try kernels.moments([Buffer([1.0, 2])], weights: Buffer([0.0, 0]))[0]
            #expect(zeroWeights.weight == 0 && zeroWeights.variance == 0)
            #expect(throws: ApusError.self) { try kernels.moments([Buffer([1.0])], weights: Buffer([1.0, 2])) }
        }
    }

    @Test(arguments: [1e-300, 1e-200, 1e-150, 1e150, 1e153])
    func `very small and very large values keep their deviation`(scale: Double) throws {
        for kernels in allKernels {
            let found = try kernels.moments([Buffer([1 * scale, 2 * scale, 3 * scale])])[0]
            #expect(abs(found.mean / scale - 2) <= 1e-15)
            if scale >= 1e-150 { #expect(abs(found.deviation / scale - (2.0 / 3).squareRoot()) <= 1e-14) }
        }
    }

    @Test(
        arguments: [(0, 2), (1, 1), (7, 3), (2047, 2), (2049, 8), (70_000, 2), (70_000, 9)],
        [false, true])
    func `moments of classes equal those of the rows of each`(
        shape: (rows: Int, classes: Int), isWeighted: Bool
    ) throws {
        let (rows, classes) = shape
        var draws = Draws(rows + classes)
        let columns = (0..<2).map { column in draws.vector(rows).map { Double(column) * 1e6 + $0 } }
        // The last of several classes does not occur.
        let occurring = max(1, classes - 1)
        let codes = (0..<rows).map { _ in
            Int32(min(occurring - 1, Int(abs(draws.unit()) * Double(occurring))))
        }
        let weights = isWeighted ? draws.vector(rows).map { max(0, $0) } : nil
        var results: [[[Moments]]] = []
        for kernels in allKernels {
            let found = try kernels.classMoments(
                columns.map { Buffer($0) }, codes: Buffer(codes), classes: classes,
                weights: weights.map { Buffer($0) })
            results.append(found)
            #expect(found.count == 2 && found.allSatisfy { $0.count == classes })
            for (column, moments) in zip(columns, found) {
                for (code, moments) in moments.enumerated() {
                    let own = codes.indices.filter { codes[$0] == Int32(code) }
                    let wanted = try Kernels().moments(
                        [Buffer(own.map { column[$0] })],
                        weights: weights.map { all in Buffer(own.map { all[$0] }) })[0]
                    #expect(abs(moments.weight - wanted.weight) <= 1e-13 * wanted.weight)
                    // Of numbers about 1e6, as many digits as stay.
                    #expect(abs(moments.mean - wanted.mean) <= 1e-15 * abs(wanted.mean) * 4 + 1e-15)
                    #expect(abs(moments.squares - wanted.squares) <= 1e-9 * wanted.squares + 1e-15)
                }
            }
        }
        #expect(results[0] == results[1] && results[2] == results[3], "threads")
    }

    @Test func `moments of classes show what is not finite in the class that has it`() throws {
        for kernels in allKernels {
            let found = try kernels.classMoments(
                [Buffer([1, .nan, 3, 5])], codes: Buffer([0, 1, 0, 0]), classes: 2)
            #expect(found[0][0].mean == 3 && found[0][0].squares == 8 && found[0][1].mean.isNaN)
            #expect(throws: ApusError.self) {
                try kernels.classMoments([Buffer([1.0, 2])], codes: Buffer([0, 2]), classes: 2)
            }
        }
    }

    @Test func `threads change no bit of the moments`() throws {
        var draws = Draws(5)
        let columns = (0..<3).map { _ in Buffer(draws.vector(200_000)) }
        let one = try Kernels(threads: 1).moments(columns)
        #expect(try Kernels(threads: 4).moments(columns) == one)
    }
}
