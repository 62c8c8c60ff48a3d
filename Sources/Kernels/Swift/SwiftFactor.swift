import ApusCore

/// The pure-Swift twin of the Cholesky factorisation and its condition estimate. Matrices are column-major.
enum SwiftFactor {
    /// Left-looking Cholesky in place; false where a pivot is not positive.
    static func cholesky(_ n: Int, _ a: UnsafeMutablePointer<Double>) -> Bool {
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

    /// x = (L Lᵀ)⁻¹ x.
    static func solve(_ n: Int, _ factor: Buffer<Double>, _ x: inout [Double]) {
        solveLower(n, factor, &x)
        solveUpper(n, factor, &x)
    }

    /// x = L⁻¹ x.
    static func solveLower(_ n: Int, _ factor: Buffer<Double>, _ x: inout [Double]) {
        let l = factor.unsafePointer
        for j in 0..<n {
            x[j] /= l[j * n + j]
            for i in j + 1..<max(n, j + 1) { x[i] -= l[j * n + i] * x[j] }
        }
        withExtendedLifetime(factor) {}
    }

    /// x = L⁻ᵀ x.
    static func solveUpper(_ n: Int, _ factor: Buffer<Double>, _ x: inout [Double]) {
        let l = factor.unsafePointer
        for j in (0..<n).reversed() {
            var sum = x[j]
            for i in j + 1..<max(n, j + 1) { sum -= l[j * n + i] * x[i] }
            x[j] = sum / l[j * n + j]
        }
        withExtendedLifetime(factor) {}
    }

    /// Hager's estimate of 1 / (‖A‖ ‖A⁻¹‖) in the 1-norm (Higham, 1988): a few solves that climb to a large column.
    static func reciprocalCondition(_ n: Int, _ factor: Buffer<Double>, norm: Double) -> Double {
        guard n > 0 else { return 1 }
        guard norm > 0 else { return 0 }
        var x = [Double](repeating: 1 / Double(n), count: n)
        var estimate = 0.0
        for _ in 0..<5 {
            var y = x
            solve(n, factor, &y)
            let size = y.reduce(0) { $0 + abs($1) }
            if size <= estimate { break }
            estimate = size
            var slope = y.map { $0 < 0 ? -1.0 : 1.0 }
            solve(n, factor, &slope)
            guard let steepest = slope.indices.max(by: { abs(slope[$0]) < abs(slope[$1]) }) else { break }
            x = [Double](repeating: 0, count: n)
            x[steepest] = 1
        }
        // Higham's alternating vector catches the matrices that the climb misses.
        let last = Double(max(n - 1, 1))
        var alternating = (0..<n).map { row -> Double in
            let size = 1 + Double(row) / last
            return row % 2 == 0 ? size : -size
        }
        solve(n, factor, &alternating)
        let sum = alternating.reduce(0) { $0 + abs($1) }
        estimate = max(estimate, 2 * sum / (3 * Double(n)))
        return estimate.isFinite && estimate > 0 ? 1 / (estimate * norm) : 0
    }
}
