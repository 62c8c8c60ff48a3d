/// What a rank-revealing least-squares solve found.
public struct LeastSquaresSolution: Sendable {
    /// The solution of least norm among those of least squares.
    public let coefficients: [Double]
    /// How many columns are independent to the tolerance.
    public let rank: Int

    /// A solution.
    public init(coefficients: [Double], rank: Int) {
        self.coefficients = coefficients
        self.rank = rank
    }
}
