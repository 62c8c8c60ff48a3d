import ApusCore
import CKernels

extension Kernels {
    /// Margins x · coefficients + intercept of sparse rows, their loss against `targets`, and its gradient, reading x
    /// once. Weights, one a row, default to 1.
    public func linearPass(
        _ loss: MarginLoss, _ x: SparseRows, targets: Buffer<Double>, weights: Buffer<Double>? = nil,
        coefficients: [Double], intercept: Double
    ) throws -> LossGradient {
        let width = x.width
        guard targets.count == x.count, weights.map({ $0.count == x.count }) ?? true, coefficients.count == width
        else {
            throw ApusError("rows, targets, weights and coefficients differ in size", at: "gradient", kind: .plugin)
        }
        let blockRows = x.blocks(partial: width + 2).blockRows
        let total = coefficients.withUnsafeBufferPointer { parameters in
            nonisolated(unsafe) let parameters = parameters
            return reduced(x, partial: width + 2) { rows, entries, target in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * blockRows) { scratch in
                    guard let margins = scratch.baseAddress else { return }
                    margins.update(repeating: intercept, count: rows.count)
                    if let coefficients = parameters.baseAddress { add(x, rows, coefficients, to: margins) }
                    let y = targets.unsafePointer + rows.lowerBound
                    let w = weights.map { $0.unsafePointer + rows.lowerBound }
                    switch backend {
                    case .c:
                        // The dense pass over one column, the margins themselves.
                        let residuals = margins + blockRows
                        var (one, slope) = (1.0, 0.0)
                        ck_linear_pass(
                            ck_cpu(), loss == .squared ? CK_LOSS_SQUARED : CK_LOSS_LOGISTIC, rows.count, 1, 1, 0,
                            margins, y, w, &one, residuals, &slope, target + width)
                        ck_sparse_sums(
                            rows.count, width, entries.offsets, entries.indices, entries.values, nil, residuals, target)
                    case .swift:
                        SwiftSparse.residuals(loss, rows.count, y, w, margins, target + width)
                        SwiftSparse.sums(rows.count, width, entries, nil, margins, target)
                    }
                }
            }
        }
        withExtendedLifetime((targets, weights)) {}
        return LossGradient(loss: total[width], gradient: Array(total[..<width]), intercepts: [total[width + 1]])
    }

    /// Softmax cross-entropy of margins x · coefficientsᵀ + intercepts of sparse rows and its gradient, reading x once.
    /// `coefficients` is `(classes, columns)` row-major; labels are in `0 ..< classes`; weights default to 1.
    public func softmaxPass(
        _ x: SparseRows, labels: Buffer<Int32>, weights: Buffer<Double>? = nil, coefficients: [Double],
        intercepts: [Double]
    ) throws -> LossGradient {
        let (width, classes) = (x.width, intercepts.count)
        guard labels.count == x.count, weights.map({ $0.count == x.count }) ?? true,
            coefficients.count == (try checkedProduct(classes, width, "gradient"))
        else { throw ApusError("rows, labels, weights and coefficients differ in size", at: "gradient", kind: .plugin) }
        guard labels.allSatisfy({ $0 >= 0 && $0 < classes }) else {
            throw ApusError("a label is outside 0 ..< \(classes)", at: "gradient", kind: .plugin)
        }
        let (size, partial) = (classes * width, classes * width + classes + 1)
        let blockRows = x.blocks(partial: partial).blockRows
        let total = coefficients.withUnsafeBufferPointer { parameters in
            nonisolated(unsafe) let parameters = parameters
            return reduced(x, partial: partial) { rows, entries, target in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: (classes + 2) * blockRows) { scratch in
                    guard let margins = scratch.baseAddress else { return }
                    for (label, intercept) in intercepts.enumerated() {
                        (margins + label * blockRows).update(repeating: intercept, count: rows.count)
                        if let coefficients = parameters.baseAddress {
                            add(x, rows, coefficients + label * width, to: margins + label * blockRows)
                        }
                    }
                    let y = labels.unsafePointer + rows.lowerBound
                    let w = weights.map { $0.unsafePointer + rows.lowerBound }
                    switch backend {
                    case .c:
                        ck_softmax_residuals(
                            ck_cpu(), rows.count, classes, blockRows, y, w, margins, margins + classes * blockRows,
                            target + size, target + size + classes)
                        for label in 0..<classes {
                            ck_sparse_sums(
                                rows.count, width, entries.offsets, entries.indices, entries.values, nil,
                                margins + label * blockRows, target + label * width)
                        }
                    case .swift:
                        SwiftPass.softmaxResiduals(rows.count, classes, blockRows, y, w, margins, target + size)
                        for label in 0..<classes {
                            SwiftSparse.sums(
                                rows.count, width, entries, nil, margins + label * blockRows, target + label * width)
                        }
                    }
                }
            }
        }
        withExtendedLifetime((labels, weights)) {}
        return LossGradient(
            loss: total[partial - 1], gradient: Array(total[..<size]), intercepts: Array(total[size..<partial - 1]))
    }
}
