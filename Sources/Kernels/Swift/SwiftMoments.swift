import ApusCore

/// The pure-Swift twin of `ck_column_moments`.
enum SwiftMoments {
    private static let block = 1024

    static func column(_ x: Buffer<Double>, _ weights: Buffer<Double>?) -> Moments {
        var total = Moments.empty
        for start in stride(from: 0, to: x.count, by: block) {
            let range = start..<min(start + block, x.count)
            total = total.merged(with: part(x.slice(range), weights?.slice(range)))
        }
        return total
    }

    private static func part(_ x: Buffer<Double>, _ weights: Buffer<Double>?) -> Moments {
        let first = x[0]
        var weight = 0.0
        var sum = 0.0
        var least = Double.infinity
        var greatest = -Double.infinity
        for row in x.indices {
            let w = weights?[row] ?? 1
            weight += w
            sum += w * (x[row] - first)
            least = x[row] < least ? x[row] : least
            greatest = x[row] > greatest ? x[row] : greatest
        }
        var mean = weight > 0 ? first + sum / weight : 0
        var squares = 0.0
        var slip = 0.0
        for row in x.indices {
            let difference = x[row] - mean
            let weighted = (weights?[row] ?? 1) * difference
            squares += weighted * difference
            slip += weighted
        }
        if weight > 0 {
            mean += slip / weight
            squares -= slip * slip / weight
        }
        if squares < 0 { squares = 0 }
        return Moments(weight: weight, mean: mean, squares: squares, least: least, greatest: greatest)
    }
}
