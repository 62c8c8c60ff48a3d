import ApusCore
import ApusKernels
import CKernels
import Testing

struct DenseProductTests {
    static let shapes = [
        (0, 0, 0), (0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (2, 3, 4), (5, 9, 17), (130, 7, 300), (257, 33, 8),
        (6, 270, 513),
    ]

    @Test(arguments: shapes, [(false, false), (true, false), (false, true), (true, true)])
    func `a product equals the sum of its terms`(
        shape: (m: Int, n: Int, k: Int), flags: (a: Bool, b: Bool)
    ) throws {
        let (m, n, k) = shape
        var draws = Draws(m + 10 * n + 100 * k)
        let a = flags.a ? draws.matrix(k, m, gap: 3) : draws.matrix(m, k, gap: 1)
        let b = flags.b ? draws.matrix(n, k, gap: 2) : draws.matrix(k, n)
        for kernels in allKernels {
            let c = try kernels.product(a, b, transposingA: flags.a, transposingB: flags.b)
            let single = try kernels.product(a.single, b.single, transposingA: flags.a, transposingB: flags.b)
            #expect(c.rows == m && c.columns == n)
            for row in 0..<m {
                for column in 0..<n {
                    var (sum, size) = (0.0, 0.0)
                    for l in 0..<k {
                        let term = (flags.a ? a[l, row] : a[row, l]) * (flags.b ? b[column, l] : b[l, column])
                        sum += term
                        size += abs(term)
                    }
                    // The usual bound of a sum in any order: terms · unit roundoff · Σ |term|, once for each of the two.
                    #expect(abs(c[row, column] - sum) <= Double(2 * k) * 0x1p-53 * size)
                    #expect(abs(Double(single[row, column]) - sum) <= Double(2 * k + 4) * 0x1p-24 * size)
                }
            }
        }
    }

    @Test(arguments: Backend.allCases) func `threads change no bit of a product`(backend: Backend) throws {
        for (m, n) in [(777, 43), (43, 777), (300, 300)] {
            var draws = Draws(1)
            let (a, b) = (draws.matrix(m, 65), draws.matrix(65, n))
            let one = try Kernels(backend: backend, threads: 1).product(a, b)
            for threads in [2, 5] {
                let other = try Kernels(backend: backend, threads: threads).product(a, b)
                #expect(other.elements.elementsEqual(one.elements))
            }
        }
    }

    @Test func `a product is added to what stands there, and to nothing beside it`() throws {
        var draws = Draws(5)
        let (a, b) = (draws.matrix(150, 40), draws.matrix(40, 9))
        let plain = try Kernels().product(a, b)
        for kernels in allKernels {
            var c = [Double](repeating: 2, count: 150 * 11)
            let (x, y) = (
                MatrixView(a.elements.unsafePointer, rows: 150, columns: 40),
                MatrixView(b.elements.unsafePointer, rows: 40, columns: 9)
            )
            try kernels.multiply(x, y, adding: true, into: &c, stride: 11)
            for row in 0..<150 {
                for column in 0..<9 { #expect(abs(c[row * 11 + column] - plain[row, column] - 2) < 1e-13) }
                #expect(c[row * 11 + 9] == 2 && c[row * 11 + 10] == 2)
            }
            #expect(throws: ApusError.self) { try kernels.multiply(x, y, into: &c, stride: 8) }
        }
        withExtendedLifetime((a, b)) {}
    }

    /// The library's fallback for a processor that it does not know has neither AVX nor fused multiply-adds.
    @Test(.enabled(if: ck_cpu().rawValue >= CK_CPU_V3.rawValue))
    func `the library does not run on kernels of an older processor`() {
        #expect(!["Prescott", "Barcelona", "Nehalem", "Sandybridge"].contains(Kernels.libraryCore))
    }

    @Test func `shapes that do not fit are refused`() throws {
        var draws = Draws(2)
        let (a, b) = (draws.matrix(3, 4), draws.matrix(5, 2))
        #expect(throws: ApusError.self) { try Kernels().product(a, b) }
        #expect(throws: ApusError.self) { try Kernels().product(a, vector: [1, 2]) }
    }

    @Test func `a size beyond the library's index is refused before anything is touched`() {
        let huge = 1 << 31
        var cells = [7.0, 7, 7]
        cells.withUnsafeMutableBufferPointer { cells in
            guard let cell = cells.baseAddress else { return }
            #expect(ck_dgemm(1, 1, huge, huge, 1, 1, 0, 0, 1, 0, cell, cell, cell) == CK_TOO_LARGE)
            #expect(ck_dgemv(huge, 1, 1, 0, 1, 0, cell, cell, cell) == CK_TOO_LARGE)
            #expect(ck_dsyrk(huge, 1, huge, 1, cell, cell) == CK_TOO_LARGE)
            #expect(ck_dpotrf(huge, huge, cell) == CK_TOO_LARGE)
            #expect(ck_dgeqrf(huge, 1, huge, cell, cell, cell) == CK_TOO_LARGE)
            #expect(ck_dtrsm(1, huge, 1, 1, 1, 0, cell, cell) == CK_TOO_LARGE)
            cell.withMemoryRebound(to: Float.self, capacity: 6) { cell in
                #expect(ck_sgemm(1, 1, huge, huge, 1, 1, 0, 0, 1, 0, cell, cell, cell) == CK_TOO_LARGE)
                #expect(ck_ssyrk(huge, 1, huge, 1, cell, cell) == CK_TOO_LARGE)
                #expect(ck_strsm(1, huge, 1, 1, 1, 0, cell, cell) == CK_TOO_LARGE)
            }
        }
        #expect(cells == [7, 7, 7])
    }

    @Test(arguments: [CK_CPU_BASELINE, CK_CPU_V3, CK_CPU_V4], [1, 3, 4, 5, 14, 31])
    func `every compiled variant of narrow sums agrees with the plain ones`(level: ck_cpu_level, columns: Int) {
        let (rows, apart) = (48, 56)
        var draws = Draws(columns)
        // Columns that only fill a tile may hold anything.
        let a = draws.vector(columns * apart) + [Double](repeating: .nan, count: 8 * apart)
        #expect(ck_gram_columns(level, columns) <= columns + 8)
        var sums = [Double](repeating: 0, count: ck_gram_size(level, columns))
        var c = [Double](repeating: 7, count: columns * columns)
        var block = a
        block.withUnsafeMutableBufferPointer { a in
            guard let a = a.baseAddress else { return }
            // What is asked for meanwhile changes nothing, nor does it matter whether it is there.
            let next = [UnsafePointer<Double>?](repeating: UnsafePointer(a), count: columns)
            ck_gram_add(level, rows / 2, columns, apart, nil, a, next, 1 << 40, &sums)
            ck_gram_add(level, rows / 2, columns, apart, nil, a + 24, nil, 0, &sums)
        }
        ck_gram_finish(level, columns, sums, &c)
        for i in 0..<columns {
            for j in 0..<columns {
                let sum = (0..<rows).reduce(0.0) { $0 + a[i * apart + $1] * a[j * apart + $1] }
                #expect(i < j ? c[j * columns + i] == 7 : abs(c[j * columns + i] - sum) <= 1e-14 * Double(rows))
            }
        }
    }

    /// The same operations, so the same bits.
    @Test(arguments: [CK_CPU_BASELINE, CK_CPU_V3, CK_CPU_V4], [(1, 1), (5, 4), (14, 13), (31, 31), (32, 20)])
    func `narrow sums of columns that are made on the way are those of columns that are there`(
        level: ck_cpu_level, size: (columns: Int, made: Int)
    ) {
        let (rows, apart, start) = (24, 32, 3)
        var draws = Draws(size.columns)
        let x = (0..<size.made).map { _ in Buffer(draws.vector(rows + start)) }
        let (means, scales) = (draws.vector(size.made), draws.vector(size.made))
        var there = draws.vector(size.columns * apart) + [Double](repeating: .nan, count: 8 * apart)
        var block = there
        for column in 0..<size.made {
            for row in 0..<rows {
                there[column * apart + row] = (x[column][start + row] - means[column]) * scales[column]
                block[column * apart + row] = .nan
            }
        }
        var wanted = [Double](repeating: 0, count: ck_gram_size(level, size.columns))
        var sums = wanted
        ck_gram_add(level, rows, size.columns, apart, nil, &there, nil, 0, &wanted)
        let pointers = x.map { Optional($0.unsafePointer) }
        withExtendedLifetime(x) {
            pointers.withUnsafeBufferPointer { pointers in
                means.withUnsafeBufferPointer { means in
                    scales.withUnsafeBufferPointer { scales in
                        var source = ck_gram_source(
                            columns: size.made, start: start, x: pointers.baseAddress, means: means.baseAddress,
                            scales: scales.baseAddress)
                        ck_gram_add(level, rows, size.columns, apart, &source, &block, nil, 0, &sums)
                    }
                }
            }
        }
        let (all, same) = (size.columns * apart, { (a: Double, b: Double) in a == b })
        #expect(block.prefix(all).elementsEqual(there.prefix(all), by: same))
        var results = [[Double]](repeating: [Double](repeating: 7, count: size.columns * size.columns), count: 2)
        ck_gram_finish(level, size.columns, wanted, &results[0])
        ck_gram_finish(level, size.columns, sums, &results[1])
        #expect(results[0] == results[1])
    }

    @Test(arguments: [(0, 3), (1, 1), (7, 3), (1000, 5), (40_000, 12), (300, 101), (130, 193)])
    func `a Gram matrix equals the sum over rows`(shape: (rows: Int, columns: Int)) throws {
        var draws = Draws(shape.rows)
        let columns = (0..<shape.columns).map { _ in draws.vector(shape.rows) }
        let factors = draws.vector(shape.rows).map { abs($0) }
        var results: [Matrix<Double>] = []
        for kernels in allKernels {
            let gram = try kernels.gram(plain(columns, rows: shape.rows, factors: factors))
            results.append(gram)
            for i in 0..<shape.columns {
                for j in 0..<shape.columns {
                    var (sum, size) = (0.0, 0.0)
                    for row in 0..<shape.rows {
                        let term = columns[i][row] * columns[j][row] * factors[row] * factors[row]
                        sum += term
                        size += abs(term)
                    }
                    #expect(abs(gram[i, j] - sum) <= Double(2 * shape.rows + 6) * 0x1p-53 * size)
                    #expect(gram[i, j] == gram[j, i])
                }
            }
        }
        #expect(results[0].elements.elementsEqual(results[1].elements), "threads, C")
        #expect(results[2].elements.elementsEqual(results[3].elements), "threads, Swift")
    }

    @Test(arguments: [(7, 3), (40_000, 12), (300, 101), (130, 193)], [false, true])
    func `a border is a column of ones`(shape: (rows: Int, columns: Int), hasFactors: Bool) throws {
        var draws = Draws(shape.columns)
        let columns = (0..<shape.columns).map { _ in draws.vector(shape.rows) }
        let factors = hasFactors ? draws.vector(shape.rows).map { abs($0) } : nil
        let ones = [Double](repeating: 1, count: shape.rows)
        for kernels in allKernels {
            let bordered = try kernels.gram(plain(columns, rows: shape.rows, factors: factors), isBordered: true)
            let longer = try kernels.gram(plain(columns + [ones], rows: shape.rows, factors: factors))
            #expect(bordered.elements.elementsEqual(longer.elements))
        }
    }

    @Test func `packing standardises column by column`() throws {
        var draws = Draws(3)
        for (rows, width) in [(0, 3), (1, 0), (5, 1), (1001, 7)] {
            let columns = (0..<width).map { _ in draws.vector(rows) }
            let source = try StandardizedColumns(
                columns.map { Buffer($0) }, means: draws.vector(width), scales: draws.vector(width), rows: rows)
            for kernels in allKernels {
                let packed = try kernels.packed(source)
                #expect(packed.rows == rows && packed.columns == width)
                for row in 0..<rows {
                    for column in 0..<width {
                        let expected = (columns[column][row] - source.means[column]) * source.scales[column]
                        #expect(packed[row, column] == expected)
                    }
                }
            }
        }
    }
}
