import ApusCore

/// The eigenvalues and eigenvectors of a symmetric matrix.
public struct SymmetricEigen<Element: DenseElement>: Sendable {
    /// Ascending.
    public let values: [Element]
    /// `(size, size)`: row k is the vector of unit length that belongs to `values[k]`; its component of largest size is
    /// positive.
    public let vectors: Matrix<Element>
}
