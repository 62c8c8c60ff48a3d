/// The pure-Swift twin of the matrix products.
enum SwiftProduct {
    /// c (m × n) = a · b, where element (i, l) of a is at `i * strideA.0 + l * strideA.1`, and so for b.
    ///
    /// Four rows by sixteen columns of c at a time stay in vector registers while a and b stream by.
    static func multiply<Element: BinaryFloatingPoint>(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Element>, _ strideA: (Int, Int), _ b: UnsafePointer<Element>,
        _ strideB: (Int, Int), _ c: UnsafeMutablePointer<Element>, _ ldc: Int
    ) {
        if let a = a as? UnsafePointer<Double>, let b = b as? UnsafePointer<Double>,
            let c = c as? UnsafeMutablePointer<Double>
        {
            tiled(m, n, k, a, strideA, b, strideB, c, ldc)
        } else if let a = a as? UnsafePointer<Float>, let b = b as? UnsafePointer<Float>,
            let c = c as? UnsafeMutablePointer<Float>
        {
            tiled(m, n, k, a, strideA, b, strideB, c, ldc)
        }
    }

    @inline(__always)
    private static func tiled<Element: BinaryFloatingPoint & SIMDScalar>(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Element>, _ strideA: (Int, Int), _ b: UnsafePointer<Element>,
        _ strideB: (Int, Int), _ c: UnsafeMutablePointer<Element>, _ ldc: Int
    ) {
        let width = 8
        // A panel of b, 8 columns wide, is copied once so that the inner loop reads it in order.
        withUnsafeTemporaryAllocation(of: SIMD8<Element>.self, capacity: max(k, 1)) { panel in
            for column in stride(from: 0, to: n, by: width) {
                let columns = min(width, n - column)
                for l in 0..<k {
                    var line = SIMD8<Element>.zero
                    for lane in 0..<columns { line[lane] = b[l * strideB.0 + (column + lane) * strideB.1] }
                    panel[l] = line
                }
                var row = 0
                while row + 4 <= m {
                    var sums = (SIMD8<Element>.zero, SIMD8<Element>.zero, SIMD8<Element>.zero, SIMD8<Element>.zero)
                    var x = a + row * strideA.0
                    for l in 0..<k {
                        let line = panel[l]
                        sums.0 += line * x[0]
                        sums.1 += line * x[strideA.0]
                        sums.2 += line * x[2 * strideA.0]
                        sums.3 += line * x[3 * strideA.0]
                        x += strideA.1
                    }
                    store(sums.0, columns, c + row * ldc + column)
                    store(sums.1, columns, c + (row + 1) * ldc + column)
                    store(sums.2, columns, c + (row + 2) * ldc + column)
                    store(sums.3, columns, c + (row + 3) * ldc + column)
                    row += 4
                }
                while row < m {
                    var sum = SIMD8<Element>.zero
                    for l in 0..<k { sum += panel[l] * a[row * strideA.0 + l * strideA.1] }
                    store(sum, columns, c + row * ldc + column)
                    row += 1
                }
            }
        }
    }

    @inline(__always)
    private static func store<Element: SIMDScalar>(
        _ sum: SIMD8<Element>, _ columns: Int, _ target: UnsafeMutablePointer<Element>
    ) {
        for lane in 0..<columns { target[lane] = sum[lane] }
    }

    /// The lower triangle (column-major) of c += aᵀ · a for a column-major (rows × width).
    static func addGram(
        rows: Int, width: Int, stride: Int, _ a: UnsafePointer<Double>, into c: UnsafeMutablePointer<Double>
    ) {
        for column in 0..<width {
            for row in column..<width {
                c[column * width + row] += dot(a + row * stride, a + column * stride, rows)
            }
        }
    }

    /// Σ a · b in eight lanes.
    static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
        var lanes = SIMD8<Double>.zero
        var i = 0
        while i + 8 <= count {
            let x = UnsafeRawPointer(a + i).loadUnaligned(as: SIMD8<Double>.self)
            let y = UnsafeRawPointer(b + i).loadUnaligned(as: SIMD8<Double>.self)
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
