import ApusCore

/// The pure-Swift twin of the Cholesky factorisation and its condition estimate. Matrices are column-major.
enum SwiftFactor {
    /// Left-looking Cholesky in place; false where a pivot is not positive.
    static func cholesky<Element: DenseElement>(_ n: Int, _ a: UnsafeMutablePointer<Element>) -> Bool {
        for j in 0..<n {
            let column = a + j * n
            for k in 0..<j {
                let other = a + k * n
                let factor = other[j]
                if factor == 0 { continue }
                for i in j..<n { column[i] -= factor * other[i] }
            }
            let pivot = column[j]
            guard pivot > 0, pivot.isFinite else { return false }
            let root = pivot.squareRoot()
            for i in j..<n { column[i] /= root }
        }
        return true
    }

    /// x (n × columns) = A⁻¹ x, or A⁻ᵀ x, for the lower or upper triangle A of a; false where the diagonal has a zero.
    static func solveTriangle<Element: DenseElement>(
        _ n: Int, _ columns: Int, lower: Bool, transposing: Bool, _ a: UnsafePointer<Element>,
        _ x: UnsafeMutablePointer<Element>
    ) -> Bool {
        for place in 0..<n where a[place * n + place] == 0 { return false }
        // What stands on one side of the diagonal is known first: forwards for L and Uᵀ, backwards for U and Lᵀ.
        let isForward = lower != transposing
        for column in 0..<columns {
            let x = x + column * n
            for turn in 0..<n {
                let j = isForward ? turn : n - 1 - turn
                let line = a + j * n
                let others = lower ? j + 1..<n : 0..<j
                if transposing {
                    var sum = x[j]
                    for i in others { sum -= line[i] * x[i] }
                    x[j] = sum / line[j]
                } else {
                    x[j] /= line[j]
                    let known = x[j]
                    for i in others { x[i] -= line[i] * known }
                }
            }
        }
        return true
    }

    /// x = (L Lᵀ)⁻¹ x.
    private static func solve<Element: DenseElement>(
        _ n: Int, _ factor: Buffer<Element>, _ x: inout [Element]
    ) {
        x.withUnsafeMutableBufferPointer { x in
            guard let x = x.baseAddress else { return }
            for transposing in [false, true] {
                _ = solveTriangle(n, 1, lower: true, transposing: transposing, factor.unsafePointer, x)
            }
        }
        withExtendedLifetime(factor) {}
    }

    /// Hager's estimate of 1 / (‖A‖ ‖A⁻¹‖) in the 1-norm (Higham, 1988): a few solves that climb to a large column.
    static func reciprocalCondition<Element: DenseElement>(
        _ n: Int, _ factor: Buffer<Element>, norm: Element
    ) -> Element {
        guard n > 0 else { return 1 }
        guard norm > 0 else { return 0 }
        var x = [Element](repeating: 1 / Element(n), count: n)
        var estimate: Element = 0
        for _ in 0..<5 {
            var y = x
            solve(n, factor, &y)
            let size = y.reduce(0 as Element) { $0 + abs($1) }
            if size <= estimate { break }
            estimate = size
            var slope = y.map { $0 < 0 ? -1 : 1 as Element }
            solve(n, factor, &slope)
            guard let steepest = slope.indices.max(by: { abs(slope[$0]) < abs(slope[$1]) }) else { break }
            x = [Element](repeating: 0, count: n)
            x[steepest] = 1
        }
        // Higham's alternating vector catches the matrices that the climb misses.
        let last = Element(max(n - 1, 1))
        var alternating = (0..<n).map { row -> Element in
            let size = 1 + Element(row) / last
            return row % 2 == 0 ? size : -size
        }
        solve(n, factor, &alternating)
        let sum = alternating.reduce(0 as Element) { $0 + abs($1) }
        estimate = max(estimate, 2 * sum / (3 * Element(n)))
        return estimate.isFinite && estimate > 0 ? 1 / (estimate * norm) : 0
    }
}
