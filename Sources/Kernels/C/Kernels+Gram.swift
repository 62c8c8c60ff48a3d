import ApusCore
import CKernels

extension Kernels {
    /// AᵀA of the standardised columns, `(columns, columns)`, both triangles. Blocks of rows are made in cache and
    /// multiplied there, so nothing of the data's size is allocated.
    public func gram(_ source: StandardizedColumns) throws -> Matrix<Double> {
        let width = source.columns.count
        let size = try checkedProduct(width, width, "normal equations")
        let blocks = RowBlocks(
            rows: source.rows, rowBytes: width * 8, partialBytes: size * 8, blockBytes: 256 << 10, minimumRows: 64,
            maximumChunks: 32)
        // Columns a power of two apart would fall into the same lines of the cache.
        let apart = blocks.blockRows + 8
        var partial = [Double](repeating: 0, count: max(blocks.chunks, 1) * size)
        var failed = [ck_status](repeating: CK_OK, count: blocks.chunks)
        partial.withUnsafeMutableBufferPointer { sums in
            failed.withUnsafeMutableBufferPointer { statuses in
                nonisolated(unsafe) let sums = sums
                nonisolated(unsafe) let statuses = statuses
                parallelFor(blocks.chunks) { chunk in
                    guard let target = sums.baseAddress.map({ $0 + chunk * size }) else { return }
                    withUnsafeTemporaryAllocation(of: Double.self, capacity: apart * width) { block in
                        guard let base = block.baseAddress else { return }
                        blocks.forEachBlock(of: chunk) { rows in
                            for column in 0..<width {
                                standardize(source, column: column, rows: rows, into: base + column * apart)
                            }
                            switch backend {
                            case .c:
                                let status = ck_dsyrk(rows.count, width, apart, width, base, target)
                                if status != CK_OK { statuses[chunk] = status }
                            case .swift:
                                SwiftProduct.addGram(
                                    rows: rows.count, width: width, stride: apart, base, into: target)
                            }
                        }
                    }
                }
            }
        }
        for status in failed { try status.check("normal equations") }
        return Matrix(rows: width, columns: width) { result in
            for row in 0..<width {
                for column in 0...row {
                    var sum = 0.0
                    for chunk in 0..<blocks.chunks { sum += partial[chunk * size + column * width + row] }
                    result[row * width + column] = sum
                    result[column * width + row] = sum
                }
            }
        }
    }
}
