/// Numbers in rows and columns, row-major: element `(row, column)` is at `row * stride + column`. Immutable.
public struct Matrix<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>: Sendable {
    /// The elements.
    public let elements: Buffer<Element>
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    /// Elements from one row to the next, at least `columns`.
    public let stride: Int

    /// A matrix over existing elements.
    public init(_ elements: Buffer<Element>, rows: Int, columns: Int, stride: Int? = nil) {
        let stride = stride ?? columns
        precondition(
            rows >= 0 && columns >= 0 && stride >= columns
                && (rows == 0 || (rows - 1) * stride + columns <= elements.count), "matrix outside its elements")
        self.elements = elements
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    /// A new matrix without gaps, whose elements `fill` writes.
    public init(rows: Int, columns: Int, fill: (UnsafeMutableBufferPointer<Element>) throws -> Void) rethrows {
        let elements = try Buffer<Element>(count: rows * columns, fill: fill)
        self.init(elements, rows: rows, columns: columns)
    }

    /// The element at `row` and `column`.
    public subscript(row: Int, column: Int) -> Element {
        precondition(row >= 0 && row < rows && column >= 0 && column < columns, "index outside the matrix")
        return elements[row * stride + column]
    }

    /// One row.
    public func row(_ row: Int) -> Buffer<Element> { elements.slice(row * stride..<row * stride + columns) }
}

extension Matrix {
    /// The rows at `indices`, in that order.
    public func rows(_ indices: [Int]) -> Matrix {
        Matrix(rows: indices.count, columns: columns) { target in
            for (position, row) in indices.enumerated() {
                for column in 0..<columns { target[position * columns + column] = self[row, column] }
            }
        }
    }
}

extension Matrix where Element == Double {
    /// The columns of `table` side by side as doubles, NaN where one is missing; throws on texts and vectors.
    public init(_ table: Table) throws {
        let columns = try zip(table.schema.fields, table.columns).map { field, column in
            guard let values = column.doubles else {
                throw ApusError(
                    "a \(field.kind.rawValue) cannot be used as a number", at: "column '\(field.name)'",
                    remedy: "Add a transform for it, or ignore it.")
            }
            return values
        }
        let width = columns.count
        self.init(rows: table.rowCount, columns: width) { target in
            // Blocks of rows keep the written lines in cache while the columns are walked.
            for block in Swift.stride(from: 0, to: table.rowCount, by: 256) {
                let end = min(block + 256, table.rowCount)
                for (position, values) in columns.enumerated() {
                    let source = values.unsafePointer
                    for row in block..<end { target[row * width + position] = source[row] }
                }
            }
        }
    }
}
