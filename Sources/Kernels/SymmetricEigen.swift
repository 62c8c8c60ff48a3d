import ApusCore

/// The eigenvalues and eigenvectors of a symmetric matrix.
public struct SymmetricEigen: Sendable {
    /// Ascending.
    public let values: [Double]
    /// `(size, size)`: row k is the vector of unit length that belongs to `values[k]`; its component of largest size is
    /// positive.
    public let vectors: Matrix<Double>
}
