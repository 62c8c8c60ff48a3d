import ApusCore

/// The pure-Swift twin of `ck_column_moments` and `ck_class_moments`.
enum SwiftMoments {
    private static let block = 1024
    private static let classBlock = 2048

    /// Moments of each class; `totals` holds Σ weight of each class in each block of rows.
    static func byClass(
        _ x: Buffer<Double>, _ codes: Buffer<Int32>, _ classes: Int, _ weights: Buffer<Double>?,
        _ totals: ArraySlice<Double>
    ) -> [Moments] {
        var result = [Moments](
            repeating: Moments(weight: 0, mean: 0, squares: 0, least: 0, greatest: 0), count: classes)
        var means = [Double](repeating: 0, count: classes)
        var squares = means
        var first = totals.startIndex
        for start in stride(from: 0, to: x.count, by: classBlock) {
            let rows = start..<min(start + classBlock, x.count)
            for code in 0..<classes { (means[code], squares[code]) = (0, 0) }
            for row in rows { means[Int(codes[row])] += (weights?[row] ?? 1) * x[row] }
            for code in 0..<classes {
                means[code] = totals[first + code] > 0 ? means[code] / totals[first + code] : 0
            }
            for row in rows {
                let difference = x[row] - means[Int(codes[row])]
                squares[Int(codes[row])] += (weights?[row] ?? 1) * (difference * difference)
            }
            for code in 0..<classes {
                let part = Moments(
                    weight: totals[first + code], mean: means[code], squares: squares[code], least: 0,
                    greatest: 0)
                result[code] = result[code].merged(with: part)
            }
            first += classes
        }
        return result
    }

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
