import ApusCore
import CKernels

/// Up to so many columns the sums of `ck_gram_add` fit the second-level cache beside the rows.
private let narrowColumns = 192

extension Kernels {
    /// AᵀA of the standardised columns, `(columns, columns)`, both triangles. Blocks of rows are made in cache and
    /// multiplied there, so nothing of the data's size is allocated.
    public func gram(_ source: StandardizedColumns) throws -> Matrix<Double> {
        let width = source.columns.count
        let size = try checkedProduct(width, width, "normal equations")
        let blocks = RowBlocks(
            rows: source.rows, rowBytes: width * 8, partialBytes: size * 8, blockBytes: 448 << 10, minimumRows: 64,
            maximumChunks: 32)
        // Columns a power of two apart would fall into the same lines of the cache.
        let apart = blocks.blockRows + 8
        let isNarrow = backend == .c && width <= narrowColumns
        let stored = isNarrow ? ck_gram_columns(ck_cpu(), width) : width
        let sumsCount = isNarrow ? ck_gram_size(ck_cpu(), width) : 0
        var partial = [Double](repeating: 0, count: max(blocks.chunks, 1) * size)
        var failed = [ck_status](repeating: CK_OK, count: blocks.chunks)
        partial.withUnsafeMutableBufferPointer { partial in
            failed.withUnsafeMutableBufferPointer { statuses in
                nonisolated(unsafe) let partial = partial
                nonisolated(unsafe) let statuses = statuses
                parallelFor(blocks.chunks) { chunk in
                    guard let target = partial.baseAddress.map({ $0 + chunk * size }) else { return }
                    withAlignedDoubles(apart * stored + sumsCount) { base in
                        let sums = base + apart * stored
                        sums.update(repeating: 0, count: sumsCount)
                        (base + apart * width).update(repeating: 0, count: apart * (stored - width))
                        blocks.forEachBlock(of: chunk) { rows in
                            for column in 0..<width {
                                standardize(source, column: column, rows: rows, into: base + column * apart)
                            }
                            if isNarrow {
                                let whole = (rows.count + 7) / 8 * 8
                                for column in 0..<width {
                                    (base + column * apart + rows.count).update(
                                        repeating: 0, count: whole - rows.count)
                                }
                                ck_gram_add(ck_cpu(), whole, width, apart, base, sums)
                            } else if backend == .c {
                                let status = Double.library.syrk(rows.count, width, apart, width, base, target)
                                if status != CK_OK { statuses[chunk] = status }
                            } else {
                                Double.twins.addGram(rows.count, width, apart, base, target)
                            }
                        }
                        if isNarrow { ck_gram_finish(ck_cpu(), width, sums, target) }
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

/// Room for `count` doubles that starts at a line of the cache: vectors as long as a line then never cross two.
private func withAlignedDoubles(_ count: Int, _ body: (UnsafeMutablePointer<Double>) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: max(count, 1) * 8, alignment: 64) { bytes in
        if let base = bytes.bindMemory(to: Double.self).baseAddress { body(base) }
    }
}
