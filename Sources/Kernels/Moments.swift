/// Weighted count, mean, spread and range of one column.
public struct Moments: Sendable, Equatable {
    /// Σ weight: the number of rows where no weights are given.
    public var weight: Double
    /// The weighted mean; 0 without rows.
    public var mean: Double
    /// Σ weight · (x − mean)².
    public var squares: Double
    /// The least value; +∞ without rows.
    public var least: Double
    /// The greatest value; −∞ without rows.
    public var greatest: Double

    /// Moments from their parts.
    public init(weight: Double, mean: Double, squares: Double, least: Double, greatest: Double) {
        self.weight = weight
        self.mean = mean
        self.squares = squares
        self.least = least
        self.greatest = greatest
    }

    /// Moments of no rows.
    public static let empty = Moments(weight: 0, mean: 0, squares: 0, least: .infinity, greatest: -.infinity)

    /// Whether all values are the same, or there are none.
    public var isConstant: Bool { !(least < greatest) }

    /// squares / weight, the population's variance; 0 without rows.
    public var variance: Double { weight > 0 ? squares / weight : 0 }

    /// The population's standard deviation.
    public var deviation: Double { variance.squareRoot() }

    /// Moments of two disjoint sets of rows together (Chan, Golub and LeVeque, 1979).
    public func merged(with other: Moments) -> Moments {
        var result = self
        result.least = min(least, other.least)
        result.greatest = max(greatest, other.greatest)
        if weight == 0 {
            result.weight = other.weight
            result.mean = other.mean
            result.squares = other.squares
        } else if other.weight != 0 {
            let total = weight + other.weight
            let difference = other.mean - mean
            result.weight = total
            result.mean = mean + difference * (other.weight / total)
            result.squares = squares + other.squares + difference * difference * (weight * (other.weight / total))
        }
        return result
    }
}
