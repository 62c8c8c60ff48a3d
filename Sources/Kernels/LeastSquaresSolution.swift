/// What a rank-revealing least-squares solve found.
public struct LeastSquaresSolution<Element: DenseElement>: Sendable {
    /// The solution of least norm among those of least squares.
    public let coefficients: [Element]
    /// How many columns are independent to the tolerance.
    public let rank: Int

    /// A solution.
    public init(coefficients: [Element], rank: Int) {
        self.coefficients = coefficients
        self.rank = rank
    }
}
