import ApusCore

/// A row-major matrix in memory that the caller keeps alive, or its transpose: what products read.
public struct MatrixView<Element: DenseElement>: @unchecked Sendable {
    /// The first element.
    let pointer: UnsafePointer<Element>
    /// Rows, after transposing.
    public let rows: Int
    /// Columns, after transposing.
    public let columns: Int
    /// Elements from one stored row to the next.
    let stride: Int
    let isTransposed: Bool

    /// A view of `rows` × `columns` elements, `stride` (by default `columns`) elements from one row to the next.
    public init(_ pointer: UnsafePointer<Element>, rows: Int, columns: Int, stride: Int? = nil) {
        self.init(pointer, rows: rows, columns: columns, stride: stride ?? columns, isTransposed: false)
    }

    init(_ pointer: UnsafePointer<Element>, rows: Int, columns: Int, stride: Int, isTransposed: Bool) {
        self.pointer = pointer
        self.rows = rows
        self.columns = columns
        self.stride = stride
        self.isTransposed = isTransposed
    }

    /// The same elements with rows and columns exchanged.
    public var transposed: MatrixView {
        MatrixView(pointer, rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed)
    }

    /// Elements from one row to the next and from one column to the next.
    var steps: (row: Int, column: Int) { isTransposed ? (1, stride) : (stride, 1) }

    func rows(from first: Int, count: Int) -> MatrixView {
        MatrixView(
            pointer + first * steps.row, rows: count, columns: columns, stride: stride, isTransposed: isTransposed)
    }

    func columns(from first: Int, count: Int) -> MatrixView {
        MatrixView(
            pointer + first * steps.column, rows: rows, columns: count, stride: stride, isTransposed: isTransposed)
    }
}
