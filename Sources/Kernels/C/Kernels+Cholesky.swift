import ApusCore
import CKernels

extension Kernels {
    /// The Cholesky factor of a symmetric matrix, of which the lower triangle is read; nil where it is not positive
    /// definite to working precision.
    @_specialize(where Element == Float)
    @_specialize(where Element == Double)
    public func cholesky<Element: DenseElement>(_ a: Matrix<Element>) throws -> CholeskyFactor<Element>? {
        let size = a.rows
        guard a.columns == size else {
            throw ApusError("(\(size), \(a.columns)) is not square", at: "Cholesky factor", kind: .plugin)
        }
        _ = try checkedProduct(size, size, "Cholesky factor")
        let norm = (0..<size).reduce(0 as Element) { norm, row in
            max(norm, (0..<size).reduce(0 as Element) { $0 + abs(a[max(row, $1), min(row, $1)]) })
        }
        guard norm.isFinite else { return nil }
        var status = CK_OK
        let factor = Buffer<Element>(count: size * size) { target in
            for column in 0..<size {
                for row in 0..<size { target[column * size + row] = row < column ? 0 : a[row, column] }
            }
            guard let base = target.baseAddress else { return }
            switch backend {
            case .c: status = Element.library.potrf(size, size, base)
            case .swift: status = Element.twins.cholesky(size, base) ? CK_OK : CK_SINGULAR
            }
        }
        if status == CK_SINGULAR || status == CK_NOT_FINITE { return nil }
        try status.check("Cholesky factor")
        var reciprocal: Element = 0
        switch backend {
        case .c:
            var work = [Element](repeating: 0, count: 3 * size)
            var integers = [Int32](repeating: 0, count: size)
            try Element.library.pocon(size, size, norm, factor.unsafePointer, &work, &integers, &reciprocal)
                .check("condition estimate")
            withExtendedLifetime(factor) {}
        case .swift:
            reciprocal = Element.twins.reciprocalCondition(size, factor, norm)
        }
        return CholeskyFactor(elements: factor, size: size, reciprocalCondition: Double(min(1, reciprocal)))
    }

    /// A⁻¹ b.
    public func solve<Element: DenseElement>(_ factor: CholeskyFactor<Element>, _ b: [Element]) throws -> [Element] {
        try solve(triangle: factor, try solve(triangle: factor, b, transposing: false), transposing: true)
    }

    /// L⁻¹ b, or L⁻ᵀ b, for the triangle L of a factor and one right-hand side after the other.
    @_specialize(where Element == Float)
    @_specialize(where Element == Double)
    public func solve<Element: DenseElement>(
        triangle factor: CholeskyFactor<Element>, _ b: [Element], transposing: Bool
    ) throws -> [Element] {
        let size = factor.size
        guard size > 0 ? b.count.isMultiple(of: size) : b.isEmpty else {
            throw ApusError("\(b.count) numbers for \(size) equations", at: "triangle solve", kind: .plugin)
        }
        var x = b
        let columns = size > 0 ? b.count / size : 0
        try solveTriangle(size, columns, lower: true, transposing, factor.elements.unsafePointer, &x)
            .check("triangle solve")
        withExtendedLifetime(factor) {}
        return x
    }

    /// x (n × columns) = A⁻¹ x, or A⁻ᵀ x, for a triangle A, all column-major without gaps.
    package func solveTriangle<Element: DenseElement>(
        _ n: Int, _ columns: Int, lower: Bool, _ transposing: Bool, _ a: UnsafePointer<Element>,
        _ x: UnsafeMutablePointer<Element>
    ) -> ck_status {
        switch backend {
        case .c: Element.library.trsm(n, columns, n, n, lower ? 1 : 0, transposing ? 1 : 0, a, x)
        case .swift:
            Element.twins.solveTriangle(n, columns, lower, transposing, a, x) ? CK_OK : CK_SINGULAR
        }
    }
}
