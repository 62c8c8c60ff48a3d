import Foundation

/// A sum of doubles that does not depend on their order: fixed point, with 62 bits below the largest.
public enum OrderFreeSum {
    /// The sum of `value(0) … value(count - 1)`; nil if one of them is not finite.
    public static func of(_ count: Int, _ value: (Int) -> Double) -> Double? {
        var largest = 0.0
        for index in 0..<count {
            let magnitude = abs(value(index))
            guard magnitude.isFinite else { return nil }
            largest = max(largest, magnitude)
        }
        guard largest > 0 else { return 0 }
        let unit = Double(sign: .plus, exponent: max(Int(largest.exponent) - 61, -1074), significand: 1)
        var sum: Int128 = 0
        for index in 0..<count { sum += Int128((value(index) / unit).rounded(.toNearestOrEven)) }
        return Double(sum) * unit
    }
}
