import ApusCore

/// The rows that stochastic gradient descent visits.
enum SGDRows {
    /// All columns side by side.
    case packed(Matrix<Double>)
    /// Entries alone, where there are vectors.
    case sparse(SparseRows)

    /// The number of rows.
    var count: Int {
        switch self {
        case .packed(let x): x.rows
        case .sparse(let x): x.count
        }
    }

    /// Slopes that a step along packed rows needs, at least 1.
    var packedColumns: Int {
        if case .packed(let x) = self { max(1, x.columns) } else { 1 }
    }
}
