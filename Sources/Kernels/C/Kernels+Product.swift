import ApusCore
import CKernels

extension Kernels {
    /// c = a · b, or c + a · b where `adding`, into memory of the caller that aliases neither. c is row-major, `stride`
    /// (by default its columns) elements from one row to the next. Throws where shapes do not fit or are too large.
    ///
    /// The longer side of c is cut into strips whose size depends on the shape alone, so that bits do not depend on
    /// threads.
    @_specialize(where Element == Float)
    @_specialize(where Element == Double)
    public func multiply<Element: DenseElement>(
        _ a: MatrixView<Element>, _ b: MatrixView<Element>, adding: Bool = false,
        into c: UnsafeMutablePointer<Element>, stride: Int? = nil
    ) throws {
        let (rows, columns) = (a.rows, b.columns)
        let stride = stride ?? columns
        guard a.columns == b.rows, stride >= columns else {
            throw ApusError(
                "(\(rows), \(a.columns)) times (\(b.rows), \(columns)) does not fit", at: "matrix product",
                kind: .plugin)
        }
        _ = try checkedProduct(rows, max(stride, 1), "matrix product")
        let cutsRows = rows >= columns
        let length = max(rows, columns)
        let strips = Kernels.strips(length)
        // A multiple of 8 keeps every strip's vectors aligned alike.
        let size = ((length + strips - 1) / max(strips, 1) + 7) / 8 * 8
        var statuses = [ck_status](repeating: CK_OK, count: strips)
        statuses.withUnsafeMutableBufferPointer { found in
            nonisolated(unsafe) let found = found
            nonisolated(unsafe) let c = c
            parallelFor(strips) { strip in
                let first = strip * size
                let count = min(size, length - first)
                guard count > 0 else { return }
                let x = cutsRows ? a.rows(from: first, count: count) : a
                let y = cutsRows ? b : b.columns(from: first, count: count)
                let target = c + first * (cutsRows ? stride : 1)
                switch backend {
                case .c: found[strip] = Element.library.multiply(x, y, adding, target, stride)
                case .swift: Element.twins.multiply(x, y, adding, target, stride)
                }
            }
        }
        for status in statuses { try status.check("matrix product") }
    }

    /// Into how many strips a product cuts its longer side: few enough that what each of them packs anew does not count.
    private static func strips(_ length: Int) -> Int {
        let wanted = min(max(length / 8, 128), 512)
        return (length + wanted - 1) / wanted
    }

    /// op(a) · op(b), where op transposes if its flag is set. Throws where shapes do not fit or are too large.
    public func product<Element: DenseElement>(
        _ a: Matrix<Element>, _ b: Matrix<Element>, transposingA: Bool = false, transposingB: Bool = false
    ) throws -> Matrix<Element> {
        let x = MatrixView(a.elements.unsafePointer, rows: a.rows, columns: a.columns, stride: a.stride)
        let y = MatrixView(b.elements.unsafePointer, rows: b.rows, columns: b.columns, stride: b.stride)
        let (left, right) = (transposingA ? x.transposed : x, transposingB ? y.transposed : y)
        _ = try checkedProduct(left.rows, max(right.columns, 1), "matrix product")
        defer { withExtendedLifetime((a, b)) {} }
        return try Matrix<Element>(rows: left.rows, columns: right.columns) { target in
            if let base = target.baseAddress { try multiply(left, right, into: base) }
        }
    }

    /// a · x, or aᵀ · x. Throws where shapes do not fit.
    @_specialize(where Element == Float)
    @_specialize(where Element == Double)
    public func product<Element: DenseElement>(
        _ a: Matrix<Element>, vector x: [Element], transposing: Bool = false
    ) throws -> [Element] {
        let column = Matrix<Element>(Buffer(x), rows: x.count, columns: 1)
        return Array(try product(a, column, transposingA: transposing).elements)
    }
}
