import ApusCore
import CKernels

/// Rows that one task takes when it walks down columns: a whole number of blocks.
private let rowsInTask = 32 * CK_CLASS_BLOCK

extension Kernels {
    /// Weight, mean and spread of every column in every class, `(columns, classes)`, in one pass over the data; least and
    /// greatest are 0. A value that is not finite shows in the moments of its class. Codes are in `0 ..< classes`; weights
    /// are not negative.
    public func classMoments(
        _ columns: [Buffer<Double>], codes: Buffer<Int32>, classes: Int, weights: Buffer<Double>? = nil
    ) throws -> [[Moments]] {
        let rows = codes.count
        guard columns.allSatisfy({ $0.count == rows }), weights.map({ $0.count == rows }) ?? true,
            codes.allSatisfy({ $0 >= 0 && $0 < classes })
        else {
            throw ApusError(
                "columns, codes and weights do not fit", at: "moments of classes", kind: .plugin)
        }
        let block = CK_CLASS_BLOCK
        let totals = try blockWeights(codes, classes: classes, weights: weights, block: block)
        let parts = (rows + rowsInTask - 1) / rowsInTask
        let tasks = try checkedProduct(parts, columns.count, "moments of classes")
        _ = try checkedProduct(tasks, classes, "moments of classes")
        let none = Moments(weight: 0, mean: 0, squares: 0, least: 0, greatest: 0)
        var partial = [[Moments]](repeating: [], count: tasks)
        partial.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let target = buffer
            parallelFor(tasks) { task in
                let (column, part) = task.quotientAndRemainder(dividingBy: parts)
                let range = part * rowsInTask..<min(rows, (part + 1) * rowsInTask)
                target[task] = classMoments(
                    columns[column].slice(range), codes.slice(range), classes, weights?.slice(range),
                    totals[(range.lowerBound / block * classes)...])
            }
        }
        return columns.indices.map { column in
            partial[column * parts..<(column + 1) * parts].reduce(
                [Moments](repeating: none, count: classes)
            ) {
                zip($0, $1).map { $0.merged(with: $1) }
            }
        }
    }

    /// The weight of each class in each block of rows, `(blocks, classes)`.
    private func blockWeights(
        _ codes: Buffer<Int32>, classes: Int, weights: Buffer<Double>?, block: Int
    ) throws -> [Double] {
        let blocks = (codes.count + block - 1) / block
        var totals = [Double](
            repeating: 0, count: try checkedProduct(blocks, classes, "moments of classes"))
        totals.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let totals = buffer
            parallelFor(blocks) { place in
                for row in place * block..<min(codes.count, (place + 1) * block) {
                    totals[place * classes + Int(codes[row])] += weights?[row] ?? 1
                }
            }
        }
        return totals
    }

    private func classMoments(
        _ x: Buffer<Double>, _ codes: Buffer<Int32>, _ classes: Int, _ weights: Buffer<Double>?,
        _ totals: ArraySlice<Double>
    ) -> [Moments] {
        switch backend {
        case .swift: return SwiftMoments.byClass(x, codes, classes, weights, totals)
        case .c:
            let empty = ck_moments(weight: 0, mean: 0, squares: 0, least: 0, greatest: 0)
            var found = [ck_moments](repeating: empty, count: classes)
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 6 * classes) { work in
                totals.withUnsafeBufferPointer { totals in
                    guard let work = work.baseAddress, let totals = totals.baseAddress else { return }
                    ck_class_moments(
                        ck_cpu(), x.count, classes, x.unsafePointer, codes.unsafePointer,
                        weights?.unsafePointer,
                        totals, work, &found)
                }
            }
            withExtendedLifetime((x, codes, weights)) {}
            return found.map {
                Moments(weight: $0.weight, mean: $0.mean, squares: $0.squares, least: 0, greatest: 0)
            }
        }
    }
}
