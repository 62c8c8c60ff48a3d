/// The pure-Swift twin of the matrix products.
enum SwiftProduct {
    /// Inner length and rows of a packed block: its copy of a stays in the second-level cache, that of b in the first.
    private static let depth = 256
    private static let height = 128

    /// c = a · b, or c + a · b where `adding`.
    ///
    /// Blocks of a are copied so that four rows lie side by side, strips of b so that one vector of columns does; four
    /// rows by one vector of c then stay in registers while both stream by.
    static func multiply<Element: DenseElement>(
        _ a: MatrixView<Element>, _ b: MatrixView<Element>, adding: Bool, into c: UnsafeMutablePointer<Element>,
        stride: Int
    ) {
        let (m, n, k) = (a.rows, b.columns, a.columns)
        let lanes = Element.Lanes.scalarCount
        if n == 1, a.steps.column == 1, b.steps.row == 1 {
            // A vector is read as it stands.
            for row in 0..<m {
                let sum = dot(a.pointer + row * a.steps.row, b.pointer, k)
                c[row * stride] = adding ? c[row * stride] + sum : sum
            }
            return
        }
        if !adding {
            for row in 0..<m { (c + row * stride).update(repeating: 0, count: n) }
        }
        withUnsafeTemporaryAllocation(of: SIMD4<Element>.self, capacity: depth * height / 4) { left in
            withUnsafeTemporaryAllocation(of: Element.Lanes.self, capacity: depth) { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return }
                for inner in Swift.stride(from: 0, to: k, by: depth) {
                    let depth = min(depth, k - inner)
                    for top in Swift.stride(from: 0, to: m, by: height) {
                        let height = min(height, m - top)
                        pack(a, rows: top..<top + height, inner: inner, depth: depth, into: left)
                        for column in Swift.stride(from: 0, to: n, by: lanes) {
                            let width = min(lanes, n - column)
                            pack(b, inner: inner, depth: depth, column: column, width: width, into: right)
                            for row in Swift.stride(from: 0, to: height, by: 4) {
                                tile(
                                    depth, left + row / 4 * depth, right, rows: min(4, height - row), columns: width,
                                    c + (top + row) * stride + column, stride)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Four rows of a side by side, zeros below the last.
    @inline(__always)
    private static func pack<Element: DenseElement>(
        _ a: MatrixView<Element>, rows: Range<Int>, inner: Int, depth: Int,
        into target: UnsafeMutablePointer<SIMD4<Element>>
    ) {
        let (down, across) = a.steps
        for row in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: 4) {
            let place = target + (row - rows.lowerBound) / 4 * depth
            let x = a.pointer + row * down + inner * across
            if row + 4 <= rows.upperBound {
                for l in 0..<depth {
                    let y = x + l * across
                    place[l] = SIMD4(y[0], y[down], y[2 * down], y[3 * down])
                }
            } else {
                for l in 0..<depth {
                    var line = SIMD4<Element>.zero
                    for lane in 0..<rows.upperBound - row { line[lane] = x[l * across + lane * down] }
                    place[l] = line
                }
            }
        }
    }

    /// One vector of columns of b, zeros beyond the last.
    @inline(__always)
    private static func pack<Element: DenseElement>(
        _ b: MatrixView<Element>, inner: Int, depth: Int, column: Int, width: Int,
        into target: UnsafeMutablePointer<Element.Lanes>
    ) {
        let (down, across) = b.steps
        for l in 0..<depth {
            let x = b.pointer + (inner + l) * down + column * across
            if across == 1, width == Element.Lanes.scalarCount {
                target[l] = UnsafeRawPointer(x).loadUnaligned(as: Element.Lanes.self)
            } else {
                var line = Element.Lanes.zero
                for lane in 0..<width { line[lane] = x[lane * across] }
                target[l] = line
            }
        }
    }

    /// c += a · b for up to four rows and one vector of columns.
    @inline(__always)
    private static func tile<Element: DenseElement>(
        _ depth: Int, _ a: UnsafePointer<SIMD4<Element>>, _ b: UnsafePointer<Element.Lanes>, rows: Int, columns: Int,
        _ c: UnsafeMutablePointer<Element>, _ stride: Int
    ) {
        var sums = (Element.Lanes.zero, Element.Lanes.zero, Element.Lanes.zero, Element.Lanes.zero)
        for l in 0..<depth {
            let line = b[l]
            let x = a[l]
            sums.0 += line * x[0]
            sums.1 += line * x[1]
            sums.2 += line * x[2]
            sums.3 += line * x[3]
        }
        add(sums.0, columns, c)
        if rows > 1 { add(sums.1, columns, c + stride) }
        if rows > 2 { add(sums.2, columns, c + 2 * stride) }
        if rows > 3 { add(sums.3, columns, c + 3 * stride) }
    }

    @inline(__always)
    private static func add<Lanes: SIMD>(_ sum: Lanes, _ columns: Int, _ c: UnsafeMutablePointer<Lanes.Scalar>)
    where Lanes.Scalar: DenseElement {
        if columns == Lanes.scalarCount {
            let place = UnsafeMutableRawPointer(c)
            place.storeBytes(of: place.loadUnaligned(as: Lanes.self) + sum, as: Lanes.self)
        } else {
            for lane in 0..<columns { c[lane] += sum[lane] }
        }
    }

    /// The lower triangle (column-major) of c += aᵀ · a for a column-major (rows × width).
    static func addGram<Element: DenseElement>(
        rows: Int, width: Int, stride: Int, _ a: UnsafePointer<Element>,
        into c: UnsafeMutablePointer<Element>
    ) {
        for column in 0..<width {
            for row in column..<width {
                c[column * width + row] += dot(a + row * stride, a + column * stride, rows)
            }
        }
    }

    /// Σ a · b in eight lanes.
    @inline(__always)
    static func dot<Element: DenseElement>(
        _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ count: Int
    ) -> Element {
        var lanes = SIMD8<Element>.zero
        var i = 0
        while i + 8 <= count {
            let x = UnsafeRawPointer(a + i).loadUnaligned(as: SIMD8<Element>.self)
            let y = UnsafeRawPointer(b + i).loadUnaligned(as: SIMD8<Element>.self)
            lanes += x * y
            i += 8
        }
        var sum = lanes.sum()
        while i < count {
            sum += a[i] * b[i]
            i += 1
        }
        return sum
    }
}
