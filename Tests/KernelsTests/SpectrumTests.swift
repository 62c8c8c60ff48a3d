import ApusCore
import ApusKernels
import Testing

struct SpectrumTests {
    static func symmetric(_ size: Int, rank: Int) throws -> Matrix<Double> {
        var draws = Draws(size + 7)
        let root = draws.matrix(size, rank)
        return try Kernels().product(root, root, transposingB: true)
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 0), (7, 7), (40, 40), (40, 5), (150, 150)])
    func `eigenvectors are orthonormal and give the matrix back`(shape: (size: Int, rank: Int)) throws {
        let (size, rank) = shape
        let a = try Self.symmetric(size, rank: rank)
        var found: [SymmetricEigen<Double>] = []
        for kernels in [Kernels(backend: .c), Kernels(backend: .swift)] {
            let eigen = try kernels.symmetricEigen(a)
            found.append(eigen)
            let norm = max(eigen.values.reduce(0) { max($0, abs($1)) }, 1e-300)
            #expect(zip(eigen.values, eigen.values.dropFirst()).allSatisfy { $0 <= $1 })
            // Backward stable: errors of a few roundings of the norm for each row.
            let bound = 1e-15 * Double(size + 4)
            for i in 0..<size {
                for j in 0..<size {
                    var (sum, product) = (0.0, 0.0)
                    for k in 0..<size {
                        sum += eigen.values[k] * eigen.vectors[k, i] * eigen.vectors[k, j]
                        product += eigen.vectors[i, k] * eigen.vectors[j, k]
                    }
                    #expect(abs(sum - a[i, j]) <= bound * norm)
                    #expect(abs(product - (i == j ? 1 : 0)) <= bound)
                }
            }
        }
        for (c, swift) in zip(found[0].values, found[1].values) {
            #expect(abs(c - swift) <= 1e-15 * Double(size + 4) * max(found[0].values.last ?? 0, 1e-300))
        }
        guard rank == size else { return }
        for (c, swift) in zip(found[0].vectors.elements, found[1].vectors.elements) { #expect(abs(c - swift) < 1e-9) }
    }

    @Test(arguments: [1e-200, 1, 1e200])
    func `a diagonal matrix has its elements as eigenvalues`(scale: Double) throws {
        let diagonal = [3.0, -1, 0, 7].map { $0 * scale }
        let a = Matrix<Double>(rows: 4, columns: 4) { target in
            for place in target.indices { target[place] = place % 5 == 0 ? diagonal[place / 5] : 0 }
        }
        for kernels in allKernels {
            let eigen = try kernels.symmetricEigen(a)
            // The library brings extreme norms into range by factors that are no powers of two.
            for (value, wanted) in zip(eigen.values, diagonal.sorted()) {
                #expect(abs(value - wanted) <= 1e-15 * scale * 7)
            }
            #expect(eigen.vectors.row(3).elementsEqual([0, 0, 0, 1]))
        }
    }

    @Test(arguments: [
        (0, 3, 0), (3, 0, 0), (1, 1, 1), (5, 1, 1), (1, 5, 1), (6, 6, 6), (30, 7, 7), (7, 30, 7), (30, 7, 3), (9, 9, 0),
        (200, 40, 40),
    ])
    func `singular vectors are orthonormal and give the matrix back`(
        shape: (rows: Int, columns: Int, rank: Int)
    ) throws {
        let (rows, columns, rank) = shape
        let k = min(rows, columns)
        var draws = Draws(rows * 31 + columns)
        let a = try Kernels().product(draws.matrix(rows, rank), draws.matrix(rank, columns))
        var found: [SingularValues<Double>] = []
        for kernels in [Kernels(backend: .c), Kernels(backend: .swift)] {
            let svd = try kernels.singularValues(a)
            found.append(svd)
            #expect(svd.values.count == k && svd.values.allSatisfy { $0 >= 0 })
            #expect(zip(svd.values, svd.values.dropFirst()).allSatisfy { $0 >= $1 })
            let bound = 1e-15 * Double(rows + columns + 8)
            let norm = max(svd.values.first ?? 0, 1e-300)
            for i in 0..<rows {
                for j in 0..<columns {
                    let sum = (0..<k).reduce(0.0) { $0 + svd.u[i, $1] * svd.values[$1] * svd.v[$1, j] }
                    #expect(abs(sum - a[i, j]) <= bound * norm)
                }
            }
            let left = try kernels.product(svd.u, svd.u, transposingA: true)
            let right = try kernels.product(svd.v, svd.v, transposingB: true)
            for i in 0..<k {
                for j in 0..<k {
                    #expect(abs(left[i, j] - (i == j ? 1 : 0)) <= bound)
                    #expect(abs(right[i, j] - (i == j ? 1 : 0)) <= bound)
                }
            }
        }
        let norm = max(found[0].values.first ?? 0, 1e-300)
        for (c, swift) in zip(found[0].values, found[1].values) { #expect(abs(c - swift) <= 1e-14 * norm) }
    }

    @Test func `what is not finite or not square is refused`() throws {
        let nan = Matrix<Double>(Buffer([1, 2, .nan, 1]), rows: 2, columns: 2)
        let wide = Matrix<Double>(Buffer([1, 2]), rows: 1, columns: 2)
        for kernels in allKernels {
            #expect(throws: ApusError.self) { try kernels.symmetricEigen(nan) }
            #expect(throws: ApusError.self) { try kernels.symmetricEigen(wide) }
            #expect(throws: ApusError.self) { try kernels.singularValues(nan) }
        }
    }
}
