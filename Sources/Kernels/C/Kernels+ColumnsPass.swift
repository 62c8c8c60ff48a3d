import ApusCore
import CKernels

extension Kernels {
    /// As `linearPass` of a packed matrix, but of columns as they stand: nothing is copied. Weights, one a row, default to 1; factors of the rows are not taken.
    public func linearPass(
        _ loss: MarginLoss, _ x: StandardizedColumns, targets: Buffer<Double>, weights: Buffer<Double>? = nil,
        coefficients: [Double], intercept: Double
    ) throws -> LossGradient {
        let width = x.columns.count
        guard targets.count == x.rows, weights.map({ $0.count == x.rows }) ?? true, coefficients.count == width,
            x.factors == nil
        else {
            throw ApusError("columns, targets, weights and coefficients differ in size", at: "gradient", kind: .plugin)
        }
        // Loss and intercept ride behind each chunk's gradient.
        let partial = width + 2
        let blocks = RowBlocks(
            rows: x.rows, rowBytes: width * 8, partialBytes: partial * 8, blockBytes: 128 << 10, minimumRows: 64)
        // The next block fits the second-level cache beside this one, unless there are very many columns.
        let isNear = blocks.blockRows * width * 8 <= 512 << 10
        let pointers = x.columns.map { Optional($0.unsafePointer) }
        var sums = [Double](repeating: 0, count: blocks.chunks * partial)
        sums.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let buffer = buffer
            nonisolated(unsafe) let pointers = pointers
            parallelFor(blocks.chunks) { chunk in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: blocks.blockRows + width) { scratch in
                    guard let target = buffer.baseAddress.map({ $0 + chunk * partial }),
                        let residuals = scratch.baseAddress
                    else { return }
                    let last = blocks.rows(of: chunk).upperBound
                    blocks.forEachBlock(of: chunk) { rows in
                        let y = targets.unsafePointer + rows.lowerBound
                        let w = weights.map { $0.unsafePointer + rows.lowerBound }
                        switch backend {
                        case .c:
                            ck_columns_pass(
                                ck_cpu(), loss == .squared ? CK_LOSS_SQUARED : CK_LOSS_LOGISTIC, rows.count, width,
                                rows.lowerBound, isNear && rows.upperBound < last ? rows.count : 0, intercept, pointers,
                                x.means, x.scales, y, w, coefficients,
                                residuals + blocks.blockRows, residuals, target, target + width)
                        case .swift:
                            SwiftPass.columns(loss, x, rows, intercept, y, w, coefficients, residuals, target)
                        }
                    }
                }
            }
        }
        withExtendedLifetime((x, targets, weights)) {}
        let total = reduce(sums, chunks: blocks.chunks, width: partial)
        return LossGradient(
            loss: total[width], gradient: Array(total[..<width]), intercepts: [total[width + 1]])
    }
}
