import ApusCore
import CKernels

/// Rows that one task takes when it walks down columns.
private let rowsInTask = 65_536

extension Kernels {
    /// Moments of every column in one pass over the data. Columns hold no missing value; NaN shows in the result.
    /// Weights are not negative and of the columns' length.
    public func moments(_ columns: [Buffer<Double>], weights: Buffer<Double>? = nil) throws -> [Moments] {
        guard let rows = columns.first?.count else { return [] }
        guard columns.allSatisfy({ $0.count == rows }), weights.map({ $0.count == rows }) ?? true else {
            throw ApusError("columns and weights differ in length", at: "moments", kind: .plugin)
        }
        let parts = max(1, (rows + rowsInTask - 1) / rowsInTask)
        let tasks = try checkedProduct(parts, columns.count, "moments")
        var partial = [Moments](repeating: .empty, count: tasks)
        partial.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let target = buffer
            parallelFor(tasks) { task in
                let (column, part) = task.quotientAndRemainder(dividingBy: parts)
                let range = part * rowsInTask..<min(rows, (part + 1) * rowsInTask)
                target[task] = moments(columns[column].slice(range), weights?.slice(range))
            }
        }
        return columns.indices.map { column in
            partial[column * parts..<(column + 1) * parts].reduce(.empty) { $0.merged(with: $1) }
        }
    }

    private func moments(_ x: Buffer<Double>, _ weights: Buffer<Double>?) -> Moments {
        var found = rawMoments(x, weights)
        // Squares of very large or very small values leave the range of a double: scale by a power of two and back.
        let size = max(abs(found.least), abs(found.greatest))
        if size.isFinite, size > 0, size > 1e140 || (size < 1e-140) {
            let power = Double(sign: .plus, exponent: -size.exponent, significand: 1)
            let scaled = rawMoments(Buffer(x.map { $0 * power }), weights)
            found.mean = scaled.mean / power
            found.squares = scaled.squares / power / power
        }
        return found
    }

    private func rawMoments(_ x: Buffer<Double>, _ weights: Buffer<Double>?) -> Moments {
        switch backend {
        case .swift: return SwiftMoments.column(x, weights)
        case .c:
            let found = withExtendedLifetime((x, weights)) {
                ck_column_moments(ck_cpu(), x.count, x.unsafePointer, weights?.unsafePointer)
            }
            return Moments(
                weight: found.weight, mean: found.mean, squares: found.squares, least: found.least,
                greatest: found.greatest)
        }
    }
}
