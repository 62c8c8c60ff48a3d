import ApusCore
import CKernels

/// Rows of the output that one task computes.
private let rowsInPanel = 128

extension Kernels {
    /// op(a) · op(b), where op transposes if its flag is set. Throws where shapes do not fit or are too large.
    public func product(
        _ a: Matrix<Double>, _ b: Matrix<Double>, transposingA: Bool = false, transposingB: Bool = false
    ) throws -> Matrix<Double> {
        try product(a, b, transposingA, transposingB) { m, n, k, lda, ldb, ldc, x, y, z in
            ck_dgemm(m, n, k, lda, ldb, ldc, transposingA ? 1 : 0, transposingB ? 1 : 0, 1, 0, x, y, z)
        }
    }

    /// op(a) · op(b), where op transposes if its flag is set. Throws where shapes do not fit or are too large.
    public func product(
        _ a: Matrix<Float>, _ b: Matrix<Float>, transposingA: Bool = false, transposingB: Bool = false
    ) throws -> Matrix<Float> {
        try product(a, b, transposingA, transposingB) { m, n, k, lda, ldb, ldc, x, y, z in
            ck_sgemm(m, n, k, lda, ldb, ldc, transposingA ? 1 : 0, transposingB ? 1 : 0, 1, 0, x, y, z)
        }
    }

    private typealias Multiply<Element> =
        @Sendable (
            Int, Int, Int, Int, Int, Int, UnsafePointer<Element>, UnsafePointer<Element>, UnsafeMutablePointer<Element>
        ) -> ck_status

    private func product<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
        _ a: Matrix<Element>, _ b: Matrix<Element>, _ transposingA: Bool, _ transposingB: Bool,
        _ multiply: @escaping Multiply<Element>
    ) throws -> Matrix<Element> {
        let (rows, inner) = transposingA ? (a.columns, a.rows) : (a.rows, a.columns)
        let (innerB, columns) = transposingB ? (b.columns, b.rows) : (b.rows, b.columns)
        guard inner == innerB else {
            throw ApusError(
                "(\(rows), \(inner)) times (\(innerB), \(columns)) does not fit", at: "matrix product", kind: .plugin)
        }
        _ = try checkedProduct(rows, columns, "matrix product")
        let panels = (rows + rowsInPanel - 1) / rowsInPanel
        var statuses = [ck_status](repeating: CK_OK, count: panels)
        let result = Matrix<Element>(rows: rows, columns: columns) { buffer in
            nonisolated(unsafe) let target = buffer
            statuses.withUnsafeMutableBufferPointer { found in
                nonisolated(unsafe) let found = found
                parallelFor(panels) { panel in
                    let first = panel * rowsInPanel
                    let count = min(rowsInPanel, rows - first)
                    guard let c = target.baseAddress.map({ $0 + first * columns }) else { return }
                    let x = a.elements.unsafePointer + (transposingA ? first : first * a.stride)
                    let y = b.elements.unsafePointer
                    switch backend {
                    case .c: found[panel] = multiply(count, columns, inner, a.stride, b.stride, columns, x, y, c)
                    case .swift:
                        SwiftProduct.multiply(
                            count, columns, inner, x, (transposingA ? 1 : a.stride, transposingA ? a.stride : 1), y,
                            (transposingB ? 1 : b.stride, transposingB ? b.stride : 1), c, columns)
                    }
                }
            }
        }
        withExtendedLifetime((a, b)) {}
        for status in statuses { try status.check("matrix product") }
        return result
    }

    /// a · x, or aᵀ · x. Throws where shapes do not fit.
    public func product(_ a: Matrix<Double>, vector x: [Double], transposing: Bool = false) throws -> [Double] {
        let column = Matrix<Double>(Buffer(x), rows: x.count, columns: 1)
        return Array(try product(a, column, transposingA: transposing).elements)
    }
}
