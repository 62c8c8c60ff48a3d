import ApusCore
import ApusKernels
import Foundation
import Testing

struct CentredProductsTests {
    /// Each found value against those of columns that were measured first and standardised then.
    private static func compare(
        _ columns: [[Double]], factors: [Double]? = nil, tolerance: Double, on kernels: Kernels
    ) throws -> CentredProducts? {
        let buffers = columns.map { Buffer($0) }
        let found = try kernels.centredProducts(buffers, factors: factors.map { Buffer($0) })
        guard let found else { return nil }
        let moments = try kernels.moments(buffers, weights: factors.map { Buffer($0.map { $0 * $0 }) })
        for (one, other) in zip(found.moments, moments) {
            #expect(abs(one.weight - other.weight) <= 1e-12 * other.weight)
            #expect(abs(one.mean - other.mean) <= tolerance * max(other.deviation, abs(other.mean)))
            #expect(abs(one.deviation - other.deviation) <= tolerance * other.deviation)
            #expect((one.squares == 0) == (other.squares == 0) && one.isConstant == (one.squares == 0))
        }
        let gram = try kernels.gram(
            StandardizedColumns(
                buffers, means: moments.map(\.mean), scales: moments.map { $0.squares > 0 ? 1 / $0.deviation : 0 },
                factors: factors.map { Buffer($0) }, rows: columns[0].count))
        for (a, b) in zip(found.products.elements, gram.elements) {
            #expect(abs(a - b) <= tolerance * moments[0].weight)
        }
        return found
    }

    @Test(arguments: [(1, 1), (7, 3), (1000, 5), (40_000, 12), (900, 101)], [false, true])
    func `one pass finds what two do`(shape: (rows: Int, columns: Int), hasFactors: Bool) throws {
        var draws = Draws(shape.rows + shape.columns)
        let columns = (0..<shape.columns).map { column in
            let (scale, shift) = (pow(10, Double(column % 7) - 3), Double(column % 3))
            return draws.vector(shape.rows).map { scale * ($0 + shift) }
        }
        let factors = hasFactors ? draws.vector(shape.rows).map { abs($0) } : nil
        let found = try allKernels.map {
            try #require(try Self.compare(columns, factors: factors, tolerance: 1e-13, on: $0))
        }
        for (one, other) in [(found[0], found[1]), (found[2], found[3])] {
            #expect(one.moments == other.moments && one.products.elements.elementsEqual(other.products.elements))
        }
    }

    @Test func `a mean far from zero, or rows in the order of their values, cost no digits`() throws {
        var draws = Draws(8)
        let columns = [
            draws.vector(5000).map { 1e6 + $0 }, draws.vector(5000).sorted(), (0..<5000).map { $0 < 20 ? 1.0 : 0 },
            (0..<5000).map { $0 == 777 ? 1 : 0 }, [Double](repeating: 0.1, count: 5000),
            [Double](repeating: 0, count: 5000),
        ]
        for kernels in allKernels {
            // Means of blocks, by which the others are measured, are rounded to 1e-10 in the first column.
            let found = try #require(try Self.compare(columns, tolerance: 1e-11, on: kernels))
            #expect(found.moments[4].mean == 0.1 && found.moments[5].mean == 0)
        }
    }

    @Test func `rows that the guess sees and that mislead it are corrected in a second pass`() throws {
        var draws = Draws(9)
        // Every 40th of 10,240 rows is looked at.
        let x = draws.vector(10_240).enumerated().map { $0 % 40 == 0 ? 1e3 : $1 }
        let one = (0..<10_240).map { $0 == 0 ? 1e9 : 0.0 }
        for kernels in allKernels { #expect(try Self.compare([x, one], tolerance: 1e-12, on: kernels) != nil) }
    }

    @Test(arguments: [1e-300, 1e-160, 1e-100, 1e100, 1e150])
    func `small and large values keep their products`(scale: Double) throws {
        var draws = Draws(10)
        let plain = [draws.vector(900), draws.vector(900)]
        for kernels in allKernels {
            let one = try #require(try kernels.centredProducts(plain.map { Buffer($0) }))
            let scaled = plain.map { Buffer($0.map { $0 * scale }) }
            let other = try #require(try kernels.centredProducts(scaled))
            for (a, b) in zip(one.products.elements, other.products.elements) { #expect(abs(a - b) <= 1e-10) }
            #expect(abs(other.moments[0].mean / scale - one.moments[0].mean) <= 1e-14)
        }
    }

    @Test func `nothing is answered where there is nothing, or no number`() throws {
        for kernels in allKernels {
            #expect((try kernels.centredProducts([])) == nil)
            #expect((try kernels.centredProducts([Buffer([Double]())])) == nil)
            #expect((try kernels.centredProducts([Buffer([1, 2, .nan])])) == nil)
            #expect((try kernels.centredProducts([Buffer([1, 2, .infinity])])) == nil)
            #expect((try kernels.centredProducts([Buffer([1.0, 2])], factors: Buffer([0.0, 0]))) == nil)
            // What differs from the rest has squares of few digits.
            let tiny = Buffer((0..<1000).map { $0 == 5 ? 1e-150 : 0.0 })
            #expect((try kernels.centredProducts([tiny])) == nil)
        }
    }
}
