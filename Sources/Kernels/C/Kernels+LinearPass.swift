import ApusCore
import CKernels

extension Kernels {
    /// A loss of one margin a row.
    public enum MarginLoss: Sendable {
        /// ½ (z − y)².
        case squared
        /// log(1 + eᶻ) − y z, y in [0, 1].
        case logistic
    }

    /// Margins x · coefficients + intercept, their loss against `targets`, and its gradient, reading x once.
    /// Weights, one a row, default to 1.
    public func linearPass(
        _ loss: MarginLoss, _ x: Matrix<Double>, targets: Buffer<Double>, weights: Buffer<Double>? = nil,
        coefficients: [Double], intercept: Double
    ) throws -> LossGradient {
        let width = x.columns
        guard targets.count == x.rows, weights.map({ $0.count == x.rows }) ?? true, coefficients.count == width else {
            throw ApusError("matrix, targets, weights and coefficients differ in size", at: "gradient", kind: .plugin)
        }
        // Loss and intercept ride behind each chunk's gradient.
        let partial = width + 2
        let blocks = RowBlocks(rows: x.rows, rowBytes: width * 8, partialBytes: partial * 8, blockBytes: 256 << 10)
        var sums = [Double](repeating: 0, count: blocks.chunks * partial)
        sums.withUnsafeMutableBufferPointer { buffer in
            coefficients.withUnsafeBufferPointer { parameters in
                nonisolated(unsafe) let buffer = buffer
                nonisolated(unsafe) let parameters = parameters
                parallelFor(blocks.chunks) { chunk in
                    withUnsafeTemporaryAllocation(of: Double.self, capacity: blocks.blockRows) { residuals in
                        guard let target = buffer.baseAddress.map({ $0 + chunk * partial }),
                            let residuals = residuals.baseAddress
                        else { return }
                        blocks.forEachBlock(of: chunk) { rows in
                            let first = rows.lowerBound
                            let block = x.elements.unsafePointer + first * x.stride
                            let y = targets.unsafePointer + first
                            let w = weights.map { $0.unsafePointer + first }
                            switch backend {
                            case .c:
                                // An empty array has no address; the kernel then reads none.
                                let beta = parameters.baseAddress ?? UnsafePointer(residuals)
                                ck_linear_pass(
                                    ck_cpu(), loss == .squared ? CK_LOSS_SQUARED : CK_LOSS_LOGISTIC, rows.count, width,
                                    x.stride, intercept, block, y, w, beta, residuals, target, target + width)
                            case .swift:
                                SwiftPass.linear(
                                    loss, rows.count, width, x.stride, intercept, block, y, w, parameters, target)
                            }
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

    /// The sum of equally long parts, in order.
    func reduce(_ parts: [Double], chunks: Int, width: Int) -> [Double] {
        var total = [Double](repeating: 0, count: width)
        for chunk in 0..<chunks {
            for place in 0..<width { total[place] += parts[chunk * width + place] }
        }
        return total
    }
}
