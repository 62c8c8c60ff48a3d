import ApusCore
import CKernels

extension Kernels {
    /// Aᵀ (b − A x) for the standardised columns A before the last, and b, the last; reads each once. The blocks of rows
    /// and the order of the sums are those of the shape, whatever the threads.
    public func residualProducts(_ source: StandardizedColumns, coefficients: [Double]) throws
        -> [Double]
    {
        let width = source.columns.count - 1
        guard width >= 0, coefficients.count == width else {
            throw ApusError(
                "\(coefficients.count) coefficients for \(max(width, 0)) columns", at: "residual",
                kind: .plugin)
        }
        let blocks = RowBlocks(
            rows: source.rows, rowBytes: (width + 1) * 8, partialBytes: width * 8, blockBytes: 256 << 10,
            minimumRows: 64)
        // Columns a power of two apart would fall into the same lines of the cache.
        let apart = blocks.blockRows + 8
        _ = try checkedProduct(apart, width + 1, "residual")
        var partial = [Double](repeating: 0, count: blocks.chunks * width)
        var failed = [ck_status](repeating: CK_OK, count: blocks.chunks)
        partial.withUnsafeMutableBufferPointer { sums in
            failed.withUnsafeMutableBufferPointer { statuses in
                nonisolated(unsafe) let sums = sums
                nonisolated(unsafe) let statuses = statuses
                parallelFor(blocks.chunks) { chunk in
                    withUnsafeTemporaryAllocation(of: Double.self, capacity: apart * (width + 1)) { block in
                        guard let base = block.baseAddress, let sums = sums.baseAddress else { return }
                        let (residual, target) = (base + width * apart, sums + chunk * width)
                        blocks.forEachBlock(of: chunk) { rows in
                            for column in 0...width {
                                standardize(source, column: column, rows: rows, into: base + column * apart)
                            }
                            let status = subtractAndProject(
                                rows.count, width, apart, base, coefficients, residual, into: target)
                            if status != CK_OK { statuses[chunk] = status }
                        }
                    }
                }
            }
        }
        for status in failed { try status.check("residual") }
        return reduce(partial, chunks: blocks.chunks, width: width)
    }

    /// residual −= columns · x, then target += columnsᵀ · residual, for columns `apart` elements from each other.
    private func subtractAndProject(
        _ rows: Int, _ width: Int, _ apart: Int, _ columns: UnsafePointer<Double>, _ x: [Double],
        _ residual: UnsafeMutablePointer<Double>, into target: UnsafeMutablePointer<Double>
    ) -> ck_status {
        switch backend {
        case .c:
            // Columns are the rows of a row-major matrix.
            let status = ck_dgemv(width, rows, apart, 1, -1, 1, columns, x, residual)
            return status == CK_OK
                ? ck_dgemv(width, rows, apart, 0, 1, 1, columns, residual, target) : status
        case .swift:
            for column in 0..<width {
                let (line, factor) = (columns + column * apart, x[column])
                for row in 0..<rows { residual[row] -= factor * line[row] }
            }
            for column in 0..<width {
                target[column] += SwiftProduct.dot(columns + column * apart, residual, rows)
            }
            return CK_OK
        }
    }
}
