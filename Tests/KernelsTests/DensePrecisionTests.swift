import ApusCore
import ApusKernels
import CKernels
import Testing

/// What every factorisation owes in single and in double precision, on both backends. Bounds are those of backward
/// stability: a modest constant times the sizes times the unit roundoff u times the size of the matrix (Higham, "Accuracy
/// and Stability of Numerical Algorithms", 2nd edition, theorems 8.5, 10.3 and 19.4).
struct DensePrecisionTests {
    enum Precision: CaseIterable { case single, double }

    static let sizes = [0, 1, 2, 3, 9, 64, 101]
    static let shapes = [(0, 3), (3, 0), (1, 1), (1, 4), (5, 1), (6, 6), (33, 8), (8, 33), (120, 61)]

    private func both(_ precision: Precision, _ single: () throws -> Void, _ double: () throws -> Void) rethrows {
        switch precision {
        case .single: try single()
        case .double: try double()
        }
    }

    private func matrix<Element: DenseElement>(_ rows: Int, _ columns: Int, _ seed: Int) -> Matrix<Element> {
        var draws = Draws(seed)
        return Matrix(Buffer(draws.vector(rows * columns).map { Element($0) }), rows: rows, columns: columns)
    }

    /// Σ a b over the inner index, in double precision.
    private func product<Element: DenseElement>(
        _ rows: Int, _ inner: Int, _ columns: Int, _ a: (Int, Int) -> Element, _ b: (Int, Int) -> Element
    ) -> [[(sum: Double, size: Double)]] {
        (0..<rows).map { row in
            (0..<columns).map { column in
                var (sum, size) = (0.0, 0.0)
                for k in 0..<inner {
                    let term = Double(a(row, k)) * Double(b(k, column))
                    sum += term
                    size += abs(term)
                }
                return (sum, size)
            }
        }
    }

    @Test(arguments: sizes, Precision.allCases) func `the Cholesky factor gives the matrix back`(
        size: Int, precision: Precision
    ) throws {
        func check<Element: DenseElement>(_: Element.Type) throws {
            let root: Matrix<Element> = matrix(size, size + 5, size)
            let a = try Kernels().product(root, root, transposingB: true)
            for kernels in allKernels {
                let factor = try #require(try kernels.cholesky(a))
                let l = { (row: Int, column: Int) in row < column ? 0 : factor.elements[column * size + row] }
                for (row, line) in product(size, size, size, l, { l($1, $0) }).enumerated() {
                    for (column, found) in line.enumerated() {
                        let bound = Double(size + 2) * Double(Element.ulpOfOne) * found.size
                        #expect(abs(found.sum - Double(a[row, column])) <= bound)
                    }
                }
                #expect(size == 0 || factor.reciprocalCondition > 0 && factor.reciprocalCondition <= 1)
            }
        }
        try both(precision, { try check(Float.self) }, { try check(Double.self) })
    }

    @Test(arguments: sizes, Precision.allCases) func `a triangle is solved for many right-hand sides`(
        size: Int, precision: Precision
    ) throws {
        func check<Element: DenseElement>(_: Element.Type) throws {
            let columns = 4
            let a: Matrix<Element> = matrix(size, size, size + 1)
            let b: Matrix<Element> = matrix(columns, size, size + 2)
            // What the triangle does not hold is NaN: it must not be read. A dominant diagonal keeps growth out of it.
            for (kernels, isLower) in allKernels.flatMap({ [($0, true), ($0, false)] }) {
                let element = { (row: Int, column: Int) -> Element in
                    if row == column { return a[row, row] + (a[row, row] < 0 ? -2 : 2) }
                    return isLower == (row > column) ? a[row, column] / Element(size) : 0
                }
                var stored = [Element](repeating: .nan, count: max(size * size, 1))
                for row in 0..<size {
                    for column in 0..<size where row == column || isLower == (row > column) {
                        stored[column * size + row] = element(row, column)
                    }
                }
                for transposing in [false, true] {
                    var x = Array(b.elements)
                    let status = kernels.solveTriangle(size, columns, lower: isLower, transposing, stored, &x)
                    #expect(status == CK_OK)
                    let back = product(
                        size, size, columns, { transposing ? element($1, $0) : element($0, $1) },
                        { x[$1 * size + $0] })
                    for (row, line) in back.enumerated() {
                        for (column, found) in line.enumerated() {
                            let bound = Double(size + 2) * Double(Element.ulpOfOne) * found.size
                            #expect(abs(found.sum - Double(b[column, row])) <= bound)
                        }
                    }
                    guard size > 1 else { continue }
                    stored[size + 1] = 0
                    let before = x
                    #expect(
                        kernels.solveTriangle(size, columns, lower: isLower, transposing, stored, &x) == CK_SINGULAR)
                    #expect(x == before)
                    stored[size + 1] = element(1, 1)
                }
            }
        }
        try both(precision, { try check(Float.self) }, { try check(Double.self) })
    }

    @Test(arguments: shapes, Precision.allCases) func `pivoted QR gives the matrix back by an orthogonal factor`(
        shape: (rows: Int, columns: Int), precision: Precision
    ) throws {
        func check<Element: DenseElement>(_: Element.Type) throws {
            let (m, n) = shape
            let k = min(m, n)
            let a: Matrix<Element> = matrix(m, n, m + 100 * n)
            for backend in Backend.allCases {
                var (factored, pivots) = ([Element](repeating: 0, count: m * n), [Int32](repeating: 0, count: n))
                for row in 0..<m { for column in 0..<n { factored[column * m + row] = a[row, column] } }
                var tau = [Element](repeating: 0, count: max(k, 1))
                var work = [Element](repeating: 0, count: ck_qr_workspace(m, max(m, n)))
                switch backend {
                case .c:
                    #expect(Element.library.geqp3(m, n, max(m, 1), &factored, &pivots, &tau, &work) == CK_OK)
                case .swift: Element.twins.factorPivoting(m, n, &factored, &tau, &pivots)
                }
                #expect(pivots.sorted() == (0..<n).map { Int32($0) })
                /// Qᵀ times a column.
                func turned(_ column: [Element]) -> [Element] {
                    var x = column
                    switch backend {
                    case .c:
                        let status = Element.library.ormqr(
                            m, 1, k, max(m, 1), max(m, 1), factored, tau, &x, &work)
                        #expect(status == CK_OK)
                    case .swift: Element.twins.applyTransposed(m, k, factored, tau, &x)
                    }
                    return x
                }
                let bound = 8 * Double(m + n) * Double(Element.ulpOfOne)
                let diagonal = (0..<k).map { abs(factored[$0 * m + $0]) }
                #expect(
                    zip(diagonal, diagonal.dropFirst()).allSatisfy { Double($1) <= Double($0) * (1 + bound) },
                    "pivots fall")
                for (place, column) in pivots.enumerated() {
                    let found = turned((0..<m).map { a[$0, Int(column)] })
                    let size = found.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                    for row in 0..<m {
                        let r = row <= place && row < k ? factored[place * m + row] : 0
                        #expect(abs(Double(found[row]) - Double(r)) <= bound * size)
                    }
                }
                let q = (0..<m).map { axis in turned((0..<m).map { $0 == axis ? 1 : 0 }) }
                for (row, line) in product(m, m, m, { q[$0][$1] }, { q[$1][$0] }).enumerated() {
                    for (column, found) in line.enumerated() {
                        #expect(abs(found.sum - (row == column ? 1 : 0)) <= bound)
                    }
                }
            }
        }
        try both(precision, { try check(Float.self) }, { try check(Double.self) })
    }

    @Test(arguments: [(9, 4, 4), (9, 4, 2), (4, 9, 4), (4, 9, 2), (0, 2, 0), (40, 12, 12)], Precision.allCases)
    func `least squares has a residual that no column explains`(
        shape: (rows: Int, columns: Int, rank: Int), precision: Precision
    ) throws {
        func check<Element: DenseElement>(_: Element.Type) throws {
            let (m, n, rank) = shape
            let left: Matrix<Element> = matrix(m, rank, m)
            let a = try Kernels().product(left, matrix(rank, n, n + 50))
            let b = Array((matrix(1, m, 3) as Matrix<Element>).elements)
            let u = Double(Element.ulpOfOne)
            for kernels in [Kernels(backend: .c), Kernels(backend: .swift)] {
                let found = try kernels.leastSquares(a, b, tolerance: Element(u.squareRoot() / 10))
                #expect(found.rank == rank)
                let residual = zip(try kernels.product(a, vector: found.coefficients), b).map { $0 - $1 }
                // Perturbations of the matrix by a few roundings move the residual by that times the coefficients.
                let size = found.coefficients.reduce(1.0) { max($0, abs(Double($1))) }
                for value in try kernels.product(a, vector: residual, transposing: true) {
                    #expect(abs(Double(value)) <= 100 * Double(m + n) * u * size)
                }
            }
            // Below the diagonal, which is what symmetric kernels read.
            let nan = Matrix<Element>(Buffer([1, 3, .nan, 4]), rows: 2, columns: 2)
            for kernels in allKernels {
                #expect(throws: ApusError.self) { try kernels.leastSquares(nan, [1, 2], tolerance: 1e-6) }
                #expect(try kernels.cholesky(nan) == nil)
                #expect(throws: ApusError.self) { try kernels.symmetricEigen(nan) }
                #expect(throws: ApusError.self) { try kernels.singularValues(nan) }
            }
        }
        try both(precision, { try check(Float.self) }, { try check(Double.self) })
    }

    @Test(arguments: sizes, Precision.allCases) func `eigenvectors are orthonormal and give the matrix back`(
        size: Int, precision: Precision
    ) throws {
        func check<Element: DenseElement>(_: Element.Type) throws {
            let root: Matrix<Element> = matrix(size, size, size + 7)
            let a = try Kernels().product(root, root, transposingB: true)
            for kernels in [Kernels(backend: .c), Kernels(backend: .swift)] {
                let eigen = try kernels.symmetricEigen(a)
                #expect(zip(eigen.values, eigen.values.dropFirst()).allSatisfy { $0 <= $1 })
                let norm = eigen.values.reduce(0.0) { max($0, abs(Double($1))) }
                let bound = 8 * Double(size + 4) * Double(Element.ulpOfOne)
                let v = eigen.vectors
                let back = product(size, size, size, { v[$1, $0] * eigen.values[$1] }, { v[$0, $1] })
                let identity = product(size, size, size, { v[$0, $1] }, { v[$1, $0] })
                for row in 0..<size {
                    for column in 0..<size {
                        #expect(abs(back[row][column].sum - Double(a[row, column])) <= bound * norm)
                        #expect(abs(identity[row][column].sum - (row == column ? 1 : 0)) <= bound)
                    }
                }
            }
        }
        try both(precision, { try check(Float.self) }, { try check(Double.self) })
    }

    @Test(arguments: shapes, Precision.allCases) func `singular vectors are orthonormal and give the matrix back`(
        shape: (rows: Int, columns: Int), precision: Precision
    ) throws {
        func check<Element: DenseElement>(_: Element.Type) throws {
            let (m, n) = shape
            let k = min(m, n)
            let a: Matrix<Element> = matrix(m, n, 3 * m + n)
            for kernels in [Kernels(backend: .c), Kernels(backend: .swift)] {
                let svd = try kernels.singularValues(a)
                #expect(svd.values.count == k && svd.values.allSatisfy { $0 >= 0 })
                #expect(zip(svd.values, svd.values.dropFirst()).allSatisfy { $0 >= $1 })
                let norm = Double(svd.values.first ?? 0)
                let bound = 8 * Double(m + n + 4) * Double(Element.ulpOfOne)
                let back = product(m, k, n, { svd.u[$0, $1] * svd.values[$1] }, { svd.v[$0, $1] })
                for row in 0..<m {
                    for column in 0..<n { #expect(abs(back[row][column].sum - Double(a[row, column])) <= bound * norm) }
                }
                let left = product(k, m, k, { svd.u[$1, $0] }, { svd.u[$0, $1] })
                let right = product(k, n, k, { svd.v[$0, $1] }, { svd.v[$1, $0] })
                for row in 0..<k {
                    for column in 0..<k {
                        #expect(abs(left[row][column].sum - (row == column ? 1 : 0)) <= bound)
                        #expect(abs(right[row][column].sum - (row == column ? 1 : 0)) <= bound)
                    }
                }
            }
        }
        try both(precision, { try check(Float.self) }, { try check(Double.self) })
    }

    @Test(arguments: [(0, 3), (1, 1), (7, 3), (3, 7), (70, 33)], Precision.allCases)
    func `sums of products equal those of their terms`(shape: (rows: Int, columns: Int), precision: Precision) throws {
        func check<Element: DenseElement>(_: Element.Type) throws {
            let (m, n) = shape
            // Column-major (m × n): row-major, its transpose.
            let a: Matrix<Element> = matrix(n, m, m + n)
            let x: Matrix<Element> = matrix(1, m + n, 9)
            let gram = product(n, m, n, { a[$0, $1] }, { a[$1, $0] })
            let bound = Double(2 * (m + 2)) * Double(Element.ulpOfOne)
            for backend in Backend.allCases {
                var c = [Element](repeating: 1, count: n * n)
                switch backend {
                case .c: #expect(Element.library.syrk(m, n, max(m, 1), n, a.elements.unsafePointer, &c) == CK_OK)
                case .swift: Element.twins.addGram(m, n, m, a.elements.unsafePointer, &c)
                }
                for row in 0..<n {
                    for column in 0..<n {
                        let found = Double(c[column * n + row])
                        if row < column { #expect(found == 1, "what is above the diagonal stays") }
                        if row >= column {
                            let wanted = gram[row][column]
                            #expect(abs(found - 1 - wanted.sum) <= bound * (wanted.size + 1))
                        }
                    }
                }
                for transposing in [false, true] {
                    let (outputs, inner) = transposing ? (m, n) : (n, m)
                    let kernels = Kernels(backend: backend)
                    let y = try kernels.product(
                        a, vector: Array(x.elements.prefix(inner)), transposing: transposing)
                    #expect(y.count == outputs)
                    var z = [Element](repeating: 1, count: outputs)
                    let status = Element.library.gemv(
                        n, m, max(m, 1), transposing ? 1 : 0, 2, -1, a.elements.unsafePointer, x.elements.unsafePointer,
                        &z)
                    #expect(status == CK_OK)
                    let wanted = product(
                        outputs, inner, 1, { transposing ? a[$1, $0] : a[$0, $1] }, { row, _ in x[0, row] })
                    for row in 0..<outputs {
                        let limit = Double(2 * (inner + 2)) * Double(Element.ulpOfOne) * (2 * wanted[row][0].size + 1)
                        #expect(abs(Double(y[row]) - wanted[row][0].sum) <= limit)
                        #expect(abs(Double(z[row]) - 2 * wanted[row][0].sum + 1) <= limit)
                    }
                }
            }
            withExtendedLifetime((a, x)) {}
        }
        try both(precision, { try check(Float.self) }, { try check(Double.self) })
    }
}
