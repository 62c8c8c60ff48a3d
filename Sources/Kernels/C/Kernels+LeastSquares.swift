import ApusCore
import CKernels

extension Kernels {
    /// The x of least norm that minimises ‖a x − b‖, by QR with column pivoting: columns whose pivot is at most
    /// `tolerance` times the first are taken as dependent. a is `(rows, columns)` of any shape.
    @_specialize(where Element == Float)
    @_specialize(where Element == Double)
    public func leastSquares<Element: DenseElement>(
        _ a: Matrix<Element>, _ b: [Element], tolerance: Element
    ) throws -> LeastSquaresSolution<Element> {
        let (m, n) = (a.rows, a.columns)
        guard b.count == m else {
            throw ApusError("\(b.count) targets for \(m) rows", at: "least squares", kind: .plugin)
        }
        _ = try checkedProduct(m, max(n, 1), "least squares")
        var factored = ColumnMajor(a)
        var target = b
        var pivots = [Int32](repeating: 0, count: n)
        var tau = [Element](repeating: 0, count: max(1, min(m, n)))
        var work = [Element](repeating: 0, count: backend == .c ? ck_qr_workspace(m, n) : 0)
        switch backend {
        case .c:
            let library = Element.library
            try library.geqp3(m, n, max(m, 1), &factored.elements, &pivots, &tau, &work).check("least squares")
            try library.ormqr(m, 1, min(m, n), max(m, 1), max(m, 1), factored.elements, tau, &target, &work)
                .check("least squares")
        case .swift:
            Element.twins.factorPivoting(m, n, &factored.elements, &tau, &pivots)
            Element.twins.applyTransposed(m, min(m, n), factored.elements, tau, &target)
        }
        let diagonal = (0..<min(m, n)).map { abs(factored[$0, $0]) }
        guard diagonal.allSatisfy(\.isFinite) else {
            throw ApusError("the factors are not finite", at: "least squares", remedy: "Scale the columns first.")
        }
        let largest = diagonal.first ?? 0
        let rank = largest > 0 ? diagonal.prefix { $0 > tolerance * largest }.count : 0
        let permuted = try leastNorm(factored, rank: rank, Array(target.prefix(rank)))
        var coefficients = [Element](repeating: 0, count: n)
        for (place, column) in pivots.enumerated() { coefficients[Int(column)] = permuted[place] }
        return LeastSquaresSolution(coefficients: coefficients, rank: rank)
    }

    /// The x (columns) of least norm with T x = c, for the first `rank` rows T of an upper trapezoidal matrix.
    private func leastNorm<Element: DenseElement>(
        _ factored: ColumnMajor<Element>, rank: Int, _ c: [Element]
    ) throws -> [Element] {
        let n = factored.columns
        var trapezoid = ColumnMajor<Element>(rows: rank, columns: n)
        for column in 0..<n {
            for row in 0..<min(rank, column + 1) { trapezoid[row, column] = factored[row, column] }
        }
        var x = c + [Element](repeating: 0, count: n - rank)
        guard rank > 0 else { return x }
        switch backend {
        case .c:
            var tau = [Element](repeating: 0, count: rank)
            var work = [Element](repeating: 0, count: ck_qr_workspace(rank, n))
            if rank < n {
                try Element.library.tzrzf(rank, n, rank, &trapezoid.elements, &tau, &work).check("least squares")
            }
            try solveTriangle(rank, 1, lower: false, false, trapezoid.elements, &x).check("least squares")
            if rank < n {
                try Element.library.ormrz(rank, n, rank, trapezoid.elements, tau, &x, &work).check("least squares")
            }
        case .swift: Element.twins.leastNorm(rank, n, trapezoid.elements, &x)
        }
        return x
    }
}
