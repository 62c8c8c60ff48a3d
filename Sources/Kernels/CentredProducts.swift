import ApusCore

/// What one pass over columns tells a fit of least squares.
public struct CentredProducts: Sendable {
    /// The moments of each column. Least and greatest tell no more than whether it is constant.
    public let moments: [Moments]
    /// Σ factor² · z z′ of the columns at mean 0 and deviation 1, `(columns, columns)`; 0 where a column is constant.
    public let products: Matrix<Double>
}
