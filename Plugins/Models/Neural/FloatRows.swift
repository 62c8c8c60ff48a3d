import ApusCore
import ApusKernels

extension Matrix where Element == Float {
    /// The columns of `table` side by side in single precision. Throws where a column is no number, or a value missing,
    /// infinite or too large, with the column and the row (`rowIDs` are the rows' positions in the data, from 0).
    package init(packing table: Table, rowIDs: Buffer<Int64>? = nil, _ kernels: Kernels) throws {
        let columns = try zip(table.schema.fields, table.columns).map { field, column in
            guard field.kind == .number || field.kind == .flag, let values = column.doubles else {
                throw ApusError(
                    "a \(field.kind.rawValue) is not a number", at: "column '\(field.name)'",
                    remedy: field.kind == .category ? "Add transform.one_hot before it." : "Ignore the column.")
            }
            return values
        }
        let (width, rows) = (columns.count, table.rowCount)
        let size = 256
        var isClean = [Bool](repeating: true, count: (rows + size - 1) / size)
        self = Matrix(rows: rows, columns: width) { target in
            isClean.withUnsafeMutableBufferPointer { isClean in
                nonisolated(unsafe) let (target, isClean) = (target, isClean)
                kernels.parallelFor(isClean.count) { block in
                    let range = block * size..<Swift.min(rows, (block + 1) * size)
                    var largest: Float = 0
                    for (position, column) in columns.enumerated() {
                        let source = column.unsafePointer
                        for row in range {
                            let value = Float(source[row])
                            target[row * width + position] = value
                            // NaN and infinity times 0 are NaN, which stays.
                            largest += value * 0
                        }
                    }
                    if largest != 0 { isClean[block] = false }
                    withExtendedLifetime(columns) {}
                }
            }
        }
        for block in isClean.indices where !isClean[block] {
            for row in block * size..<Swift.min(rows, (block + 1) * size) {
                for (field, column) in zip(table.schema.fields, columns) where !Float(column[row]).isFinite {
                    let place = "column '\(field.name)' row \(((rowIDs?[row] ?? Int64(row)) + 1).grouped)"
                    if column[row].isNaN {
                        throw ApusError("a value is missing", at: place, remedy: "Add transform.impute before it.")
                    }
                    throw ApusError(
                        "expected a finite number of single precision, found \(column[row])", at: place,
                        remedy: "Scale it with transform.standardize, or declare it missing and add transform.impute.")
                }
            }
        }
    }
}
