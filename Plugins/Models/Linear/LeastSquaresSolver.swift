import ApusCore

/// How least-squares equations are solved.
public enum LeastSquaresSolver: String, ParameterChoice {
    /// Cholesky where it keeps ten digits, else QR.
    case auto
    /// The normal equations; an error where they are singular.
    case cholesky
    /// Orthogonal factors of the data.
    case qr
}
