import ApusCore

/// A small matrix in the order that LAPACK wants.
struct ColumnMajor<Element: DenseElement>: Sendable {
    private(set) var rows: Int
    let columns: Int
    var elements: [Element]

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        elements = [Element](repeating: 0, count: rows * columns)
    }

    init(_ matrix: Matrix<Element>) {
        self.init(rows: matrix.rows, columns: matrix.columns)
        for row in 0..<rows {
            for column in 0..<columns { self[row, column] = matrix[row, column] }
        }
    }

    subscript(row: Int, column: Int) -> Element {
        get { elements[column * rows + row] }
        set { elements[column * rows + row] = newValue }
    }

    /// Copies `other`, of the same number of columns, to the rows from `first`.
    mutating func place(_ other: ColumnMajor, at first: Int) {
        for column in 0..<columns {
            for row in 0..<other.rows { self[first + row, column] = other[row, column] }
        }
    }

    mutating func withColumn(_ column: Int, _ body: (UnsafeMutablePointer<Element>) -> Void) {
        let rows = rows
        elements.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { body(base + column * rows) }
        }
    }

    /// Keeps the upper trapezoid of at most `columns` rows, zeros below the diagonal.
    mutating func keepUpper() {
        var upper = ColumnMajor(rows: min(rows, columns), columns: columns)
        for column in 0..<columns {
            for row in 0..<min(upper.rows, column + 1) { upper[row, column] = self[row, column] }
        }
        self = upper
    }

    var matrix: Matrix<Element> {
        Matrix(rows: rows, columns: columns) { target in
            for row in 0..<rows {
                for column in 0..<columns { target[row * columns + column] = self[row, column] }
            }
        }
    }
}
