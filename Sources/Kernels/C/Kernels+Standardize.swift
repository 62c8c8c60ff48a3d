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
            rows: source.rows, rowBytes: columnsInStrip * 8, partialBytes: 0, blockBytes: 16 << 10, maximumChunks: 1024)
        return Matrix(rows: source.rows, columns: width) { buffer in
            nonisolated(unsafe) let target = buffer
            if let base = buffer.baseAddress { ck_advise_large_pages(base, buffer.count * 8) }
            parallelFor(blocks.chunks) { chunk in
                let capacity = blocks.blockRows * columnsInStrip
                withUnsafeTemporaryAllocation(of: Double.self, capacity: capacity) { strip in
                    guard let strip = strip.baseAddress, let base = target.baseAddress else { return }
                    blocks.forEachBlock(of: chunk) { rows in
                        for first in stride(from: 0, to: width, by: columnsInStrip) {
                            let count = min(columnsInStrip, width - first)
                            for place in 0..<count {
                                standardize(
                                    source, column: first + place, rows: rows, into: strip + place * blocks.blockRows)
                            }
                            let place = base + (rows.lowerBound * width + first)
                            interleave(strip, blocks.blockRows, count, rows.count, into: place, stride: width)
                        }
                    }
                }
            }
        }
    }
}

/// As many columns as fill one cache line of a row: every line is written whole.
private let columnsInStrip = 8

/// Writes `count` runs, `length` elements apart, side by side into rows.
@inline(__always)
private func interleave(
    _ strip: UnsafePointer<Double>, _ length: Int, _ count: Int, _ rows: Int, into target: UnsafeMutablePointer<Double>,
    stride: Int
) {
    var place = target
    if count == columnsInStrip {
        for row in 0..<rows {
            for column in 0..<columnsInStrip { place[column] = strip[column * length + row] }
            place += stride
        }
    } else {
        for row in 0..<rows {
            for column in 0..<count { place[column] = strip[column * length + row] }
            place += stride
        }
    }
}
