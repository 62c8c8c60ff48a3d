/// The pure-Swift twin of the Householder factorisations. Matrices are column-major with no gap between columns.
enum SwiftQR {
    /// QR in place: R above, reflectors (first element 1, not stored) below the diagonal.
    static func factor<Element: DenseElement>(
        _ m: Int, _ n: Int, _ a: inout [Element], _ tau: inout [Element]
    ) {
        for k in 0..<min(m, n) {
            tau[k] = reflect(m, k, k, &a)
            for column in k + 1..<max(n, k + 1) { apply(m, k, tau[k], column, &a) }
        }
    }

    /// The same with the column of greatest remaining norm taken next.
    static func factorPivoting<Element: DenseElement>(
        _ m: Int, _ n: Int, _ a: inout [Element], _ tau: inout [Element], _ pivots: inout [Int32]
    ) {
        for column in 0..<n { pivots[column] = Int32(column) }
        for k in 0..<min(m, n) {
            // Norms are taken anew: updating them loses digits, and this path is for small matrices.
            var best = k
            var bestNorm: Element = -1
            for column in k..<n {
                let size = norm(m, k, column, a)
                if size > bestNorm {
                    best = column
                    bestNorm = size
                }
            }
            if best != k {
                for row in 0..<m { a.swapAt(best * m + row, k * m + row) }
                pivots.swapAt(best, k)
            }
            tau[k] = reflect(m, k, k, &a)
            for column in k + 1..<max(n, k + 1) { apply(m, k, tau[k], column, &a) }
        }
    }

    /// x = Qᵀ x for the first k reflectors.
    static func applyTransposed<Element: DenseElement>(
        _ m: Int, _ k: Int, _ a: [Element], _ tau: [Element], _ x: inout [Element]
    ) {
        for j in 0..<k {
            var sum = x[j]
            for row in j + 1..<max(m, j + 1) { sum += a[j * m + row] * x[row] }
            sum *= tau[j]
            x[j] -= sum
            for row in j + 1..<max(m, j + 1) { x[row] -= sum * a[j * m + row] }
        }
    }

    /// The x of least norm with T x = x[..<rank], T upper trapezoidal (rank × n): by QR of Tᵀ, x = Q L⁻ᵀ c.
    static func leastNorm<Element: DenseElement>(
        _ rank: Int, _ n: Int, _ t: [Element], _ x: inout [Element]
    ) {
        if rank == n {
            for row in (0..<n).reversed() {
                for column in row + 1..<max(n, row + 1) { x[row] -= t[column * rank + row] * x[column] }
                x[row] /= t[row * rank + row]
            }
            return
        }
        var transposed = [Element](repeating: 0, count: n * rank)
        for row in 0..<rank {
            for column in 0..<n { transposed[row * n + column] = t[column * rank + row] }
        }
        var tau = [Element](repeating: 0, count: rank)
        factor(n, rank, &transposed, &tau)
        // Tᵀ = Q R, so T x = Rᵀ Qᵀ x = c: forward substitution with Rᵀ, then x = Q y.
        for row in 0..<rank {
            for column in 0..<row { x[row] -= transposed[row * n + column] * x[column] }
            x[row] /= transposed[row * n + row]
        }
        for row in rank..<n { x[row] = 0 }
        for j in (0..<rank).reversed() {
            var sum = x[j]
            for row in j + 1..<n { sum += transposed[j * n + row] * x[row] }
            sum *= tau[j]
            x[j] -= sum
            for row in j + 1..<n { x[row] -= sum * transposed[j * n + row] }
        }
    }

    /// Makes the reflector that clears column `column` below row k; its factor is returned.
    private static func reflect<Element: DenseElement>(
        _ m: Int, _ k: Int, _ column: Int, _ a: inout [Element]
    ) -> Element {
        let head = a[column * m + k]
        let tail = norm(m, k + 1, column, a)
        guard tail > 0 else { return 0 }
        let size = hypotenuse(head, tail)
        let beta = head > 0 ? -size : size
        for row in k + 1..<m { a[column * m + row] /= head - beta }
        a[column * m + k] = beta
        return (beta - head) / beta
    }

    private static func apply<Element: DenseElement>(
        _ m: Int, _ k: Int, _ tau: Element, _ column: Int, _ a: inout [Element]
    ) {
        guard tau != 0 else { return }
        a.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let target = base + column * m + k
            let reflector = base + k * m + k
            let length = m - k - 1
            let sum = tau * (target[0] + SwiftProduct.dot(reflector + 1, target + 1, length))
            target[0] -= sum
            for row in 1..<max(length + 1, 1) { target[row] -= sum * reflector[row] }
        }
    }

    private static func norm<Element: DenseElement>(
        _ m: Int, _ first: Int, _ column: Int, _ a: [Element]
    ) -> Element {
        var largest: Element = 0
        for row in first..<max(m, first) { largest = max(largest, abs(a[column * m + row])) }
        guard largest > 0, largest.isFinite else { return largest }
        var sum: Element = 0
        for row in first..<m {
            let scaled = a[column * m + row] / largest
            sum += scaled * scaled
        }
        return largest * sum.squareRoot()
    }

    private static func hypotenuse<Element: DenseElement>(_ a: Element, _ b: Element) -> Element {
        let (large, small) = (max(abs(a), abs(b)), min(abs(a), abs(b)))
        guard large > 0 else { return 0 }
        let ratio = small / large
        return large * (1 + ratio * ratio).squareRoot()
    }
}
