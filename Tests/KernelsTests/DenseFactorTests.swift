import ApusCore
import ApusKernels
import Testing

struct DenseFactorTests {
    @Test(arguments: [0, 1, 2, 9, 60])
    func `Cholesky solves a positive definite system`(size: Int) throws {
        var draws = Draws(size)
        let root = draws.matrix(size, size + 5)
        let a = try Kernels().product(root, root, transposingB: true)
        let x = draws.vector(size)
        let b = try Kernels().product(a, vector: x)
        for kernels in allKernels {
            let factor = try #require(try kernels.cholesky(a))
            #expect(factor.reciprocalCondition > 1e-8 && factor.reciprocalCondition <= 1)
            let half = try kernels.solve(triangle: factor, b, transposing: false)
            let halves = try kernels.solve(triangle: factor, half, transposing: true)
            for ((found, twice), wanted) in zip(zip(try kernels.solve(factor, b), halves), x) {
                #expect(abs(found - wanted) <= 1e-13 / factor.reciprocalCondition)
                #expect(abs(twice - wanted) <= 1e-13 / factor.reciprocalCondition)
            }
            // One equation takes any number of right-hand sides.
            guard size != 1 else { continue }
            #expect(throws: ApusError.self) { try kernels.solve(triangle: factor, b + [1], transposing: true) }
        }
    }

    @Test func `a matrix that is not positive definite has no factor`() throws {
        let indefinite = Matrix<Double>(Buffer([1, 2, 2, 1]), rows: 2, columns: 2)
        let nan = Matrix<Double>(Buffer([.nan, 2, 2, 1]), rows: 2, columns: 2)
        for kernels in allKernels {
            #expect(try kernels.cholesky(indefinite) == nil)
            #expect(try kernels.cholesky(nan) == nil)
            #expect(throws: ApusError.self) {
                try kernels.cholesky(Matrix(Buffer([1, 2]), rows: 1, columns: 2))
            }
        }
    }

    @Test(arguments: [1e-3, 1e-7, 1e-12])
    func `the condition estimate is within a factor of ten`(smallest: Double) throws {
        // Diagonal: the exact reciprocal condition is the ratio of the elements.
        let size = 6
        let a = Matrix<Double>(rows: size, columns: size) { target in
            for place in target.indices { target[place] = 0 }
            for row in 0..<size { target[row * size + row] = row == 2 ? smallest : 1 }
        }
        for kernels in allKernels {
            let estimate = try #require(try kernels.cholesky(a)).reciprocalCondition
            #expect(estimate >= smallest / 1.01 && estimate <= smallest * 10)
        }
    }

    @Test(arguments: [(0, 3), (1, 3), (3, 3), (10, 4), (5000, 6), (70_000, 3)], [false, true])
    func `the triangle has the Gram matrix of the data`(shape: (rows: Int, columns: Int), isPenalised: Bool) throws {
        var draws = Draws(shape.rows + 1)
        let columns = (0..<shape.columns).map { _ in draws.vector(shape.rows) }
        let source = try plain(columns, rows: shape.rows)
        let penalty = isPenalised ? draws.vector(shape.columns) : nil
        var results: [Matrix<Double>] = []
        for kernels in allKernels {
            let triangle = try kernels.triangle(source, penalty: penalty)
            results.append(triangle)
            #expect(triangle.rows <= shape.columns && triangle.columns == shape.columns)
            let gram = try kernels.gram(source)
            let product = try kernels.product(triangle, triangle, transposingA: true)
            for i in 0..<shape.columns {
                for j in 0..<shape.columns {
                    let extra = i == j ? (penalty.map { $0[i] * $0[i] } ?? 0) : 0
                    #expect(abs(product[i, j] - gram[i, j] - extra) <= 1e-14 * Double(shape.rows + 10))
                    if j < i, i < triangle.rows { #expect(triangle[i, j] == 0) }
                }
            }
        }
        #expect(results[0].elements.elementsEqual(results[1].elements), "threads, C")
        #expect(results[2].elements.elementsEqual(results[3].elements), "threads, Swift")
    }

    @Test(arguments: [
        (4, 4, 4), (9, 4, 4), (9, 4, 2), (4, 9, 4), (4, 9, 2), (30, 12, 7), (3, 3, 0), (0, 2, 0),
    ])
    func `least squares finds the solution of least norm`(shape: (rows: Int, columns: Int, rank: Int))
        throws
    {
        let (rows, columns, rank) = shape
        var draws = Draws(rows * 100 + columns)
        let a = try Kernels().product(draws.matrix(rows, rank), draws.matrix(rank, columns))
        let b = draws.vector(rows)
        var solutions: [[Double]] = []
        for kernels in [Kernels(backend: .c), Kernels(backend: .swift)] {
            let solution = try kernels.leastSquares(a, b, tolerance: 1e-10)
            #expect(solution.rank == rank)
            // Normal equations: the residual is orthogonal to the columns.
            let residual = zip(try kernels.product(a, vector: solution.coefficients), b).map { $0 - $1 }
            for value in try kernels.product(a, vector: residual, transposing: true) { #expect(abs(value) <= 1e-10) }
            // Least norm: the solution lies in the space of the rows, so a step within the kernel only lengthens it.
            let step = draws.vector(columns)
            let inRows = try kernels.leastSquares(a, kernels.product(a, vector: step), tolerance: 1e-10).coefficients
            let inKernel = zip(step, inRows).map { $0 - $1 }
            let overlap = zip(inKernel, solution.coefficients).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(overlap) <= 1e-9)
            solutions.append(solution.coefficients)
        }
        for (c, swift) in zip(solutions[0], solutions[1]) { #expect(abs(c - swift) <= 1e-10 * (1 + abs(c))) }
    }

    @Test func `least squares refuses what is not finite or does not fit`() throws {
        let a = Matrix<Double>(Buffer([1, .nan, 3, 4]), rows: 2, columns: 2)
        for kernels in allKernels {
            #expect(throws: ApusError.self) { try kernels.leastSquares(a, [1, 2], tolerance: 1e-12) }
            #expect(throws: ApusError.self) { try kernels.leastSquares(a, [1], tolerance: 1e-12) }
        }
    }
}
