import ApusCore
import CKernels

extension Kernels {
    /// Softmax cross-entropy of margins x · coefficientsᵀ + intercepts and its gradient, reading x once.
    /// `coefficients` is `(classes, columns)` row-major; labels are in `0 ..< classes`; weights default to 1.
    public func softmaxPass(
        _ x: Matrix<Double>, labels: Buffer<Int32>, weights: Buffer<Double>? = nil, coefficients: [Double],
        intercepts: [Double]
    ) throws -> LossGradient {
        let (width, classes) = (x.columns, intercepts.count)
        guard labels.count == x.rows, weights.map({ $0.count == x.rows }) ?? true,
            coefficients.count == (try checkedProduct(classes, width, "gradient"))
        else {
            throw ApusError("matrix, labels, weights and coefficients differ in size", at: "gradient", kind: .plugin)
        }
        guard labels.allSatisfy({ $0 >= 0 && $0 < classes }) else {
            throw ApusError("a label is outside 0 ..< \(classes)", at: "gradient", kind: .plugin)
        }
        let partial = coefficients.count + classes + 1
        let blocks = RowBlocks(
            rows: x.rows, rowBytes: (width + classes) * 8, partialBytes: partial * 8, blockBytes: 256 << 10)
        var sums = [Double](repeating: 0, count: blocks.chunks * partial)
        var statuses = [ck_status](repeating: CK_OK, count: blocks.chunks)
        sums.withUnsafeMutableBufferPointer { buffer in
            statuses.withUnsafeMutableBufferPointer { statuses in
                nonisolated(unsafe) let buffer = buffer
                nonisolated(unsafe) let statuses = statuses
                parallelFor(blocks.chunks) { chunk in
                    let capacity = blocks.blockRows * (classes + 2)
                    withUnsafeTemporaryAllocation(of: Double.self, capacity: capacity) { scratch in
                        guard let target = buffer.baseAddress.map({ $0 + chunk * partial }),
                            let margins = scratch.baseAddress
                        else { return }
                        blocks.forEachBlock(of: chunk) { rows in
                            let first = rows.lowerBound
                            let block = x.elements.unsafePointer + first * x.stride
                            let y = labels.unsafePointer + first
                            let w = weights.map { $0.unsafePointer + first }
                            let status = softmaxBlock(
                                rows.count, width, x.stride, blocks.blockRows, block, y, w, coefficients, intercepts,
                                margins, target)
                            if status != CK_OK { statuses[chunk] = status }
                        }
                    }
                }
            }
        }
        withExtendedLifetime((x, labels, weights)) {}
        for status in statuses { try status.check("gradient") }
        let total = reduce(sums, chunks: blocks.chunks, width: partial)
        return LossGradient(
            loss: total[partial - 1], gradient: Array(total[..<coefficients.count]),
            intercepts: Array(total[coefficients.count..<partial - 1]))
    }

    /// One block: margins (classes × rows) by a product, residuals in place, and their product with the rows.
    private func softmaxBlock(
        _ rows: Int, _ width: Int, _ stride: Int, _ ld: Int, _ x: UnsafePointer<Double>, _ labels: UnsafePointer<Int32>,
        _ weights: UnsafePointer<Double>?, _ coefficients: [Double], _ intercepts: [Double],
        _ margins: UnsafeMutablePointer<Double>, _ target: UnsafeMutablePointer<Double>
    ) -> ck_status {
        let classes = intercepts.count
        for (label, intercept) in intercepts.enumerated() {
            (margins + label * ld).update(repeating: intercept, count: rows)
        }
        let work = margins + classes * ld
        let classSums = target + classes * width
        switch backend {
        case .c:
            var status = ck_dgemm(
                classes, rows, width, width, stride, ld, 0, 1, 1, 1, coefficients, x, margins)
            guard status == CK_OK else { return status }
            ck_softmax_residuals(
                ck_cpu(), rows, classes, ld, labels, weights, margins, work, classSums, classSums + classes)
            status = ck_dgemm(classes, width, rows, ld, stride, width, 0, 0, 1, 1, margins, x, target)
            return status
        case .swift:
            SwiftPass.softmax(
                rows, width, stride, ld, x, labels, weights, coefficients, classes, margins, target)
            return CK_OK
        }
    }
}
