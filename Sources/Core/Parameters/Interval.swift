/// The numbers that a parameter may take.
public struct Interval: Sendable, Hashable {
    /// The lower bound.
    public let lower: Double
    /// The upper bound; infinity for none.
    public let upper: Double
    /// Whether the lower bound itself is excluded.
    public let excludesLower: Bool
    /// Whether the upper bound itself is excluded.
    public let excludesUpper: Bool

    /// `[lower, upper]`
    public static func from(_ lower: Double, to upper: Double = .infinity) -> Interval {
        Interval(lower: lower, upper: upper, excludesLower: false, excludesUpper: false)
    }

    /// `(lower, upper]`
    public static func above(_ lower: Double, to upper: Double = .infinity) -> Interval {
        Interval(lower: lower, upper: upper, excludesLower: true, excludesUpper: false)
    }

    /// `(lower, upper)`
    public static func between(_ lower: Double, _ upper: Double) -> Interval {
        Interval(lower: lower, upper: upper, excludesLower: true, excludesUpper: true)
    }

    /// Whether `value` is in the interval; NaN is in none, and neither is an infinity.
    public func contains(_ value: Double) -> Bool {
        value.isFinite && (excludesLower ? value > lower : value >= lower)
            && (excludesUpper ? value < upper : value <= upper)
    }
}

extension Interval: CustomStringConvertible {
    /// In words: `at least 1`, `above 0 and at most 1`.
    public var description: String {
        let low = lower == -.infinity ? nil : (excludesLower ? "above " : "at least ") + Column.text(lower)
        let high = upper == .infinity ? nil : (excludesUpper ? "below " : "at most ") + Column.text(upper)
        return [low, high].compactMap(\.self).joined(separator: " and ")
    }
}

/// Where a search for a good value starts looking.
public struct SearchRange: Sendable, Hashable {
    /// The least value worth trying.
    public let lower: Double
    /// The greatest value worth trying.
    public let upper: Double
    /// Whether steps are factors rather than differences.
    public let isLogarithmic: Bool

    /// Even steps.
    public static func linear(_ lower: Double, _ upper: Double) -> SearchRange {
        SearchRange(lower: lower, upper: upper, isLogarithmic: false)
    }

    /// Even factors.
    public static func logarithmic(_ lower: Double, _ upper: Double) -> SearchRange {
        SearchRange(lower: lower, upper: upper, isLogarithmic: true)
    }
}
