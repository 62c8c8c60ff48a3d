import ApusCore

/// The pure-Swift twin of the singular value decomposition: one-sided Jacobi rotations (Hestenes, 1958), which find small
/// singular values to their last digits.
enum SwiftSingularValues {
    /// left (rows × k) · values (k) · right (k × columns) = a; false where an element is not finite.
    static func decompose<Element: DenseElement>(
        _ a: Matrix<Element>, _ values: inout [Element], _ left: inout ColumnMajor<Element>,
        _ right: inout ColumnMajor<Element>
    ) -> Bool {
        var largest: Element = 0
        for row in 0..<a.rows {
            for column in 0..<a.columns {
                guard a[row, column].isFinite else { return false }
                largest = max(largest, abs(a[row, column]))
            }
        }
        // A power of two keeps squares in range and changes no digit.
        let power =
            largest.isNormal ? Element(sign: .plus, exponent: largest.exponent, significand: 1) : 1
        // Rotations make the columns of the taller form orthogonal.
        let isWide = a.rows < a.columns
        let (m, n) = isWide ? (a.columns, a.rows) : (a.rows, a.columns)
        var columns = ColumnMajor<Element>(rows: m, columns: n)
        for column in 0..<n {
            for row in 0..<m { columns[row, column] = (isWide ? a[column, row] : a[row, column]) / power }
        }
        var turns = ColumnMajor<Element>(rows: n, columns: n)
        for column in 0..<n { turns[column, column] = 1 }
        rotate(m, n, &columns.elements, &turns.elements)
        let lengths = (0..<n).map { norm(columns.elements, $0 * m, m) }
        let order = lengths.indices.sorted { (-lengths[$0], $0) < (-lengths[$1], $1) }
        values = order.map { lengths[$0] * power }
        let smallest = (lengths.max() ?? 0) * Element.ulpOfOne * Element(max(m, 1))
        var kept = ColumnMajor<Element>(rows: m, columns: n)
        for (place, column) in order.enumerated() {
            for row in 0..<m where lengths[column] > 0 { kept[row, place] = columns[row, column] / lengths[column] }
            // What is left of a dependent column has no direction of its own.
            if lengths[column] <= smallest { complete(&kept, place) }
        }
        for (place, column) in order.enumerated() {
            for row in 0..<m {
                if isWide { right[place, row] = kept[row, place] } else { left[row, place] = kept[row, place] }
            }
            for row in 0..<n {
                if isWide { left[row, place] = turns[row, column] } else { right[place, row] = turns[row, column] }
            }
        }
        return true
    }

    private static func rotate<Element: DenseElement>(
        _ m: Int, _ n: Int, _ a: inout [Element], _ v: inout [Element]
    ) {
        a.withUnsafeMutableBufferPointer { a in
            v.withUnsafeMutableBufferPointer { v in
                guard let a = a.baseAddress, let v = v.baseAddress else { return }
                for _ in 0..<60 {
                    var isDone = true
                    for p in 0..<n {
                        for q in p + 1..<max(n, p + 1) {
                            let (x, y) = (a + p * m, a + q * m)
                            let alpha = SwiftProduct.dot(x, x, m)
                            let beta = SwiftProduct.dot(y, y, m)
                            let gamma = SwiftProduct.dot(x, y, m)
                            guard abs(gamma) > Element.ulpOfOne * (alpha * beta).squareRoot(), gamma != 0 else {
                                continue
                            }
                            isDone = false
                            let zeta = (beta - alpha) / (2 * gamma)
                            let tangent = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
                            let cosine = 1 / (1 + tangent * tangent).squareRoot()
                            turn(m, x, y, cosine, cosine * tangent)
                            turn(n, v + p * n, v + q * n, cosine, cosine * tangent)
                        }
                    }
                    if isDone { return }
                }
            }
        }
    }

    private static func turn<Element: DenseElement>(
        _ count: Int, _ x: UnsafeMutablePointer<Element>, _ y: UnsafeMutablePointer<Element>,
        _ cosine: Element,
        _ sine: Element
    ) {
        for row in 0..<count {
            let (a, b) = (x[row], y[row])
            x[row] = cosine * a - sine * b
            y[row] = sine * a + cosine * b
        }
    }

    /// Makes column `place` a unit vector orthogonal to those before it: the first axis that is not in their span.
    private static func complete<Element: DenseElement>(_ a: inout ColumnMajor<Element>, _ place: Int) {
        for axis in 0..<a.rows {
            for row in 0..<a.rows { a[row, place] = row == axis ? 1 : 0 }
            for _ in 0..<2 {
                for column in 0..<place {
                    var sum: Element = 0
                    for row in 0..<a.rows { sum += a[row, column] * a[row, place] }
                    for row in 0..<a.rows { a[row, place] -= sum * a[row, column] }
                }
            }
            let length = norm(a.elements, place * a.rows, a.rows)
            guard length > 0.5 / Element(a.rows).squareRoot() else { continue }
            for row in 0..<a.rows { a[row, place] /= length }
            return
        }
    }

    private static func norm<Element: DenseElement>(_ a: [Element], _ start: Int, _ count: Int)
        -> Element
    {
        a.withUnsafeBufferPointer { a in
            a.baseAddress.map { SwiftProduct.dot($0 + start, $0 + start, count).squareRoot() } ?? 0
        }
    }
}
