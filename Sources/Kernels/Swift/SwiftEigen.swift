/// The pure-Swift twin of the symmetric eigenvalue decomposition: Householder reflections to a tridiagonal matrix, then
/// implicit QL steps with Wilkinson's shift.
enum SwiftEigen {
    /// Replaces the symmetric column-major a (n × n) by its eigenvectors, one a column, and writes the ascending
    /// eigenvalues; false where an element is not finite or the steps do not end.
    static func decompose<Element: DenseElement>(
        _ n: Int, _ a: UnsafeMutablePointer<Element>, _ values: inout [Element]
    ) -> Bool {
        for place in 0..<n * n where !a[place].isFinite { return false }
        var off = [Element](repeating: 0, count: n)
        tridiagonalize(n, a, &values, &off)
        guard diagonalize(n, a, &values, &off) else { return false }
        sort(n, a, &values)
        return true
    }

    /// a becomes the orthogonal Q with Qᵀ A Q tridiagonal: `diagonal`, and `off[k]` between k and k + 1.
    private static func tridiagonalize<Element: DenseElement>(
        _ n: Int, _ a: UnsafeMutablePointer<Element>, _ diagonal: inout [Element],
        _ off: inout [Element]
    ) {
        var factors = [Element](repeating: 0, count: n)
        var image = [Element](repeating: 0, count: n)
        for k in 0..<max(n - 1, 0) {
            diagonal[k] = a[k * n + k]
            let v = a + k * n
            // Scaled, so that no square leaves the range of a double.
            var largest: Element = 0
            for row in k + 1..<n { largest = max(largest, abs(v[row])) }
            guard largest > 0 else { continue }
            var sum: Element = 0
            for row in k + 1..<n { sum += (v[row] / largest) * (v[row] / largest) }
            let norm = largest * sum.squareRoot()
            let beta = v[k + 1] > 0 ? -norm : norm
            off[k] = beta
            let head = v[k + 1] - beta
            let tau = -head / beta
            factors[k] = tau
            v[k + 1] = 1
            for row in k + 2..<max(n, k + 2) { v[row] /= head }
            // w = tau A v − ½ tau (tau vᵀ A v) v, then A −= v wᵀ + w vᵀ; both triangles are kept.
            for row in k + 1..<n { image[row] = 0 }
            for column in k + 1..<n where v[column] != 0 {
                let other = a + column * n
                let factor = tau * v[column]
                for row in k + 1..<n { image[row] += factor * other[row] }
            }
            var overlap: Element = 0
            for row in k + 1..<n { overlap += v[row] * image[row] }
            for row in k + 1..<n { image[row] -= 0.5 * tau * overlap * v[row] }
            for column in k + 1..<n {
                let other = a + column * n
                let (x, y) = (v[column], image[column])
                for row in k + 1..<n { other[row] -= v[row] * y + image[row] * x }
            }
        }
        if n > 0 { diagonal[n - 1] = a[n * n - 1] }
        accumulate(n, a, factors)
    }

    /// Multiplies the reflections that stand in the columns of a, last one first.
    private static func accumulate<Element: DenseElement>(
        _ n: Int, _ a: UnsafeMutablePointer<Element>, _ factors: [Element]
    ) {
        for k in (0..<n).reversed() {
            let v = a + k * n
            if factors[k] != 0 {
                for column in k + 1..<n {
                    let target = a + column * n
                    var sum: Element = 0
                    for row in k + 1..<n { sum += v[row] * target[row] }
                    sum *= factors[k]
                    for row in k + 1..<n { target[row] -= sum * v[row] }
                }
            }
            for row in 0..<n { v[row] = row == k ? 1 : 0 }
        }
    }

    private static func diagonalize<Element: DenseElement>(
        _ n: Int, _ a: UnsafeMutablePointer<Element>, _ diagonal: inout [Element],
        _ off: inout [Element]
    ) -> Bool {
        for l in 0..<n {
            var steps = 0
            while true {
                var m = l
                while m + 1 < n,
                    abs(off[m]) > Element.ulpOfOne / 2 * (abs(diagonal[m]) + abs(diagonal[m + 1]))
                { m += 1 }
                if m == l { break }
                steps += 1
                guard steps <= 60 else { return false }
                step(n, l, m, a, &diagonal, &off)
            }
        }
        return true
    }

    /// One implicit QL step on rows l … m.
    private static func step<Element: DenseElement>(
        _ n: Int, _ l: Int, _ m: Int, _ a: UnsafeMutablePointer<Element>, _ diagonal: inout [Element],
        _ off: inout [Element]
    ) {
        var g = (diagonal[l + 1] - diagonal[l]) / (2 * off[l])
        var r = hypotenuse(g, 1)
        g = diagonal[m] - diagonal[l] + off[l] / (g + (g < 0 ? -r : r))
        var (sine, cosine, moved): (Element, Element, Element) = (1, 1, 0)
        for i in (l..<m).reversed() {
            let f = sine * off[i]
            let b = cosine * off[i]
            r = hypotenuse(f, g)
            off[i + 1] = r
            if r == 0 {
                diagonal[i + 1] -= moved
                off[m] = 0
                return
            }
            sine = f / r
            cosine = g / r
            g = diagonal[i + 1] - moved
            r = (diagonal[i] - g) * sine + 2 * cosine * b
            moved = sine * r
            diagonal[i + 1] = g + moved
            g = cosine * r - b
            let (first, second) = (a + i * n, a + (i + 1) * n)
            for row in 0..<n {
                let (x, y) = (first[row], second[row])
                second[row] = sine * x + cosine * y
                first[row] = cosine * x - sine * y
            }
        }
        diagonal[l] -= moved
        off[l] = g
        off[m] = 0
    }

    private static func sort<Element: DenseElement>(
        _ n: Int, _ a: UnsafeMutablePointer<Element>, _ values: inout [Element]
    ) {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        let vectors = Array(UnsafeBufferPointer(start: a, count: n * n))
        values = order.map { values[$0] }
        for (place, column) in order.enumerated() {
            for row in 0..<n { a[place * n + row] = vectors[column * n + row] }
        }
    }

    /// √(a² + b²) without overflow.
    private static func hypotenuse<Element: DenseElement>(_ a: Element, _ b: Element) -> Element {
        let (large, small) = (max(abs(a), abs(b)), min(abs(a), abs(b)))
        guard large > 0 else { return 0 }
        let ratio = small / large
        return large * (1 + ratio * ratio).squareRoot()
    }
}
