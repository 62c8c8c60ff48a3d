import ApusCore

/// How much weight each class has.
struct ClassShares {
    /// The share of each class, none of them 0 or 1: a class without rows counts as half a row.
    let shares: [Double]

    init(codes: Buffer<Int32>, classes: Int, weights: Buffer<Double>?) {
        let classes = max(2, classes)
        var sums: [Double]
        if let weights {
            sums = (0..<classes).map { code in
                OrderFreeSum.of(codes.count) { Int(codes[$0]) == code ? weights[$0] : 0 } ?? 0
            }
        } else {
            sums = Array(repeating: 0, count: classes)
            for code in codes where code >= 0 && Int(code) < classes { sums[Int(code)] += 1 }
        }
        let total = sums.reduce(0, +)
        let half = total > 0 ? 0.5 * total / Double(codes.count) : 0.5
        sums = sums.map { $0 > 0 ? $0 : half }
        let all = sums.reduce(0, +)
        shares = sums.map { $0 / all }
    }

    /// The log odds of the second class of two.
    var logOdds: Double { DeterministicMath.log(shares[1] / shares[0]) }
}
