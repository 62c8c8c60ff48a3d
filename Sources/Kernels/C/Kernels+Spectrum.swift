import ApusCore
import CKernels

extension Kernels {
    /// Eigenvalues and eigenvectors of a symmetric matrix, of which the lower triangle is read. Throws where an element is
    /// not finite. Cost: about 9 size³ multiplications on one thread; memory 4 size².
    /// Source: Golub and Van Loan, "Matrix Computations", 4th edition, 8.3 (Swift) and 8.4 (C).
    @_specialize(where Element == Float)
    @_specialize(where Element == Double)
    public func symmetricEigen<Element: DenseElement>(_ a: Matrix<Element>) throws -> SymmetricEigen<Element> {
        let size = a.rows
        guard a.columns == size else {
            throw ApusError("(\(size), \(a.columns)) is not square", at: "eigenvalues", kind: .plugin)
        }
        _ = try checkedProduct(size, max(2 * size, 1), "eigenvalues")
        var values = [Element](repeating: 0, count: size)
        var status = CK_OK
        let vectors = Matrix<Element>(rows: size, columns: size) { target in
            guard let base = target.baseAddress else { return }
            for column in 0..<size {
                for row in 0..<size { base[column * size + row] = a[max(row, column), min(row, column)] }
            }
            switch backend {
            case .c:
                var work = [Element](repeating: 0, count: ck_eigen_workspace(size))
                var integers = [Int32](repeating: 0, count: ck_eigen_integers(size))
                status = Element.library.syevd(size, size, base, &values, &work, &integers)
            case .swift: status = Element.twins.eigen(size, base, &values) ? CK_OK : CK_NOT_FINITE
            }
            // Columns of the column-major result are rows of this one.
            for row in 0..<size where isNegative(base + row * size, size) {
                for column in 0..<size { base[row * size + column] = -base[row * size + column] }
            }
        }
        try status.check("eigenvalues")
        return SymmetricEigen(values: values, vectors: vectors)
    }

    /// The thin singular value decomposition. Throws where an element is not finite. Cost: about 20 rows · columns · k
    /// multiplications on one thread, where k is the smaller size; of many rows, decompose `triangle` instead.
    /// Source: Golub and Van Loan, "Matrix Computations", 4th edition, 8.6.
    @_specialize(where Element == Float)
    @_specialize(where Element == Double)
    public func singularValues<Element: DenseElement>(_ a: Matrix<Element>) throws -> SingularValues<Element> {
        let (m, n) = (a.rows, a.columns)
        let k = min(m, n)
        _ = try checkedProduct(m, max(n, 1), "singular values")
        var values = [Element](repeating: 0, count: k)
        var left = ColumnMajor<Element>(rows: m, columns: k)
        var right = ColumnMajor<Element>(rows: k, columns: n)
        switch backend {
        case .c:
            var factored = ColumnMajor(a)
            var work = [Element](repeating: 0, count: ck_svd_workspace(m, n))
            var integers = [Int32](repeating: 0, count: ck_svd_integers(m, n))
            let status = Element.library.gesdd(
                m, n, m, m, k, &factored.elements, &values, &left.elements, &right.elements, &work, &integers)
            try status.check("singular values")
        case .swift:
            let isFinite = Element.twins.singularValues(a, &values, &left, &right)
            try (isFinite ? CK_OK : CK_NOT_FINITE).check("singular values")
        }
        let v = right.matrix
        let u = left.matrix
        let signs: [Element] = (0..<k).map { isNegative(v.elements.unsafePointer + $0 * n, n) ? -1 : 1 }
        withExtendedLifetime(v) {}
        return SingularValues(
            u: Matrix(rows: m, columns: k) { target in
                for place in target.indices { target[place] = u.elements[place] * signs[place % k] }
            }, values: values,
            v: Matrix(rows: k, columns: n) { target in
                for place in target.indices { target[place] = v.elements[place] * signs[place / n] }
            })
    }
}

/// Whether the first of the largest components is below zero.
private func isNegative<Element: DenseElement>(_ vector: UnsafePointer<Element>, _ count: Int) -> Bool {
    var (largest, found) = (0 as Element, false)
    for place in 0..<count where abs(vector[place]) > largest {
        largest = abs(vector[place])
        found = vector[place] < 0
    }
    return found
}
