import ApusCore

/// How least-squares equations are solved; where there are vectors, by conjugate gradients whatever is asked for.
public enum LeastSquaresSolver: String, ParameterChoice {
    /// Cholesky where it keeps ten digits, else QR.
    case auto
    /// The normal equations; an error where they are singular.
    case cholesky
    /// Orthogonal factors of the data; with a penalty and fewer rows than columns, the equations of the rows, whose
    /// factors would be as large as the square of the columns.
    case qr
}
