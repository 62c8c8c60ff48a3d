import ApusCore
import CKernels

extension Kernels {
    /// The Cholesky factor of a symmetric matrix, of which the lower triangle is read; nil where it is not positive
    /// definite to working precision.
    public func cholesky(_ a: Matrix<Double>) throws -> CholeskyFactor? {
        let size = a.rows
        guard a.columns == size else {
            throw ApusError("(\(size), \(a.columns)) is not square", at: "Cholesky factor", kind: .plugin)
        }
        let norm = (0..<size).reduce(0.0) { norm, row in
            max(norm, (0..<size).reduce(0.0) { $0 + abs(a[max(row, $1), min(row, $1)]) })
        }
        guard norm.isFinite else { return nil }
        var status = CK_OK
        let factor = Buffer<Double>(count: size * size) { target in
            for column in 0..<size {
                for row in 0..<size { target[column * size + row] = row < column ? 0 : a[row, column] }
            }
            guard let base = target.baseAddress else { return }
            switch backend {
            case .c: status = ck_dpotrf(size, size, base)
            case .swift: status = SwiftFactor.cholesky(size, base) ? CK_OK : CK_SINGULAR
            }
        }
        if status == CK_SINGULAR || status == CK_NOT_FINITE { return nil }
        try status.check("Cholesky factor")
        var reciprocal = 0.0
        switch backend {
        case .c:
            var work = [Double](repeating: 0, count: 3 * size)
            var integers = [Int32](repeating: 0, count: size)
            try ck_dpocon(size, size, norm, factor.unsafePointer, &work, &integers, &reciprocal)
                .check("condition estimate")
            withExtendedLifetime(factor) {}
        case .swift:
            reciprocal = SwiftFactor.reciprocalCondition(size, factor, norm: norm)
        }
        return CholeskyFactor(elements: factor, size: size, reciprocalCondition: min(1, reciprocal))
    }

    /// A⁻¹ b.
    public func solve(_ factor: CholeskyFactor, _ b: [Double]) throws -> [Double] {
        guard b.count == factor.size else {
            throw ApusError("\(b.count) numbers for \(factor.size) equations", at: "Cholesky solve", kind: .plugin)
        }
        var x = b
        switch backend {
        case .c:
            try ck_dpotrs(factor.size, 1, factor.size, factor.size, factor.elements.unsafePointer, &x)
                .check("Cholesky solve")
            withExtendedLifetime(factor) {}
        case .swift: SwiftFactor.solve(factor.size, factor.elements, &x)
        }
        return x
    }

    /// L⁻¹ b, or L⁻ᵀ b, for the triangle L of a factor.
    public func solve(triangle factor: CholeskyFactor, _ b: [Double], transposing: Bool) throws -> [Double] {
        guard b.count == factor.size else {
            throw ApusError("\(b.count) numbers for \(factor.size) equations", at: "triangle solve", kind: .plugin)
        }
        var x = b
        switch backend {
        case .c:
            try ck_dtrsv(factor.size, factor.size, 1, transposing ? 1 : 0, factor.elements.unsafePointer, &x)
                .check("triangle solve")
            withExtendedLifetime(factor) {}
        case .swift:
            if transposing {
                SwiftFactor.solveUpper(factor.size, factor.elements, &x)
            } else {
                SwiftFactor.solveLower(factor.size, factor.elements, &x)
            }
        }
        return x
    }
}
