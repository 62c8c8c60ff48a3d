import ApusCore

/// The thin singular value decomposition `u · diagonal(values) · v` of a matrix; k is the smaller of its sizes.
public struct SingularValues<Element: DenseElement>: Sendable {
    /// `(rows, k)`, with orthonormal columns.
    public let u: Matrix<Element>
    /// `(k)`, descending, none negative.
    public let values: [Element]
    /// `(k, columns)`, with orthonormal rows; in each the component of largest size is positive.
    public let v: Matrix<Element>
}
