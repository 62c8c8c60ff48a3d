import ApusCore
import CKernels

extension Kernels {
    /// One run of a column, standardised into `target`.
    func standardize(
        _ source: StandardizedColumns, column: Int, rows: Range<Int>, into target: UnsafeMutablePointer<Double>
    ) {
        let x = source.columns[column].unsafePointer + rows.lowerBound
        let factors = source.factors.map { $0.unsafePointer + rows.lowerBound }
        switch backend {
        case .c:
            ck_standardise(
                ck_cpu(), rows.count, source.means[column], source.scales[column], x, factors, target)
        case .swift:
            let mean = source.means[column]
            let scale = source.scales[column]
            if let factors {
                for row in 0..<rows.count { target[row] = (x[row] - mean) * scale * factors[row] }
            } else {
                for row in 0..<rows.count { target[row] = (x[row] - mean) * scale }
            }
        }
    }

    /// All of the columns as one row-major matrix `(rows, columns)`. Throws where it would be too large.
    public func packed(_ source: StandardizedColumns) throws -> Matrix<Double> {
        let width = source.columns.count
        _ = try checkedProduct(source.rows, max(width, 1), "packing a matrix")
        let blocks = RowBlocks(
            rows: source.rows, rowBytes: width * 8, partialBytes: 0, blockBytes: 256 << 10, maximumChunks: 1024)
        return Matrix(rows: source.rows, columns: width) { buffer in
            nonisolated(unsafe) let target = buffer
            parallelFor(blocks.chunks) { chunk in
                blocks.forEachBlock(of: chunk) { block in
                    withUnsafeTemporaryAllocation(of: Double.self, capacity: blocks.blockRows) { run in
                        guard let line = run.baseAddress, let base = target.baseAddress else { return }
                        for column in 0..<width {
                            standardize(source, column: column, rows: block, into: line)
                            var place = base + (block.lowerBound * width + column)
                            for row in 0..<block.count {
                                place.pointee = line[row]
                                place += width
                            }
                        }
                    }
                }
            }
        }
    }
}
