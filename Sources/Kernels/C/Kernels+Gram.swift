import ApusCore
import CKernels

/// Up to so many columns the sums of `ck_gram_add` fit the second-level cache beside the rows.
private let narrowColumns = 192

extension Kernels {
    /// AᵀA of the standardised columns, `(columns, columns)`, both triangles. Blocks of rows are made in cache and
    /// multiplied there, so nothing of the data's size is allocated. A border, if asked for, is one more column of ones
    /// times the rows' factors behind the others.
    public func gram(_ source: StandardizedColumns, isBordered: Bool = false) throws -> Matrix<Double> {
        let columns = source.columns.count
        let width = columns + (isBordered ? 1 : 0)
        let size = try checkedProduct(width, width, "normal equations")
        let blocks = RowBlocks(
            rows: source.rows, rowBytes: width * 8, partialBytes: size * 8, blockBytes: 320 << 10, minimumRows: 64,
            maximumChunks: 32)
        // Columns a power of two apart would fall into the same lines of the cache.
        let apart = blocks.blockRows + 8
        let isNarrow = backend == .c && width <= narrowColumns
        let stored = isNarrow ? ck_gram_columns(ck_cpu(), width) : width
        let sumsCount = isNarrow ? ck_gram_size(ck_cpu(), width) : 0
        var pointers = source.columns.map { Optional($0.unsafePointer) }
        if isBordered { pointers.append(source.factors?.unsafePointer ?? pointers.first ?? nil) }
        var partial = [Double](repeating: 0, count: max(blocks.chunks, 1) * size)
        var failed = [ck_status](repeating: CK_OK, count: blocks.chunks)
        partial.withUnsafeMutableBufferPointer { partial in
            failed.withUnsafeMutableBufferPointer { statuses in
                nonisolated(unsafe) let partial = partial
                nonisolated(unsafe) let statuses = statuses
                nonisolated(unsafe) let pointers = pointers
                parallelFor(blocks.chunks) { chunk in
                    guard let target = partial.baseAddress.map({ $0 + chunk * size }) else { return }
                    let last = blocks.rows(of: chunk).upperBound
                    withAlignedDoubles(apart * stored + sumsCount) { base in
                        let sums = base + apart * stored
                        sums.update(repeating: 0, count: sumsCount)
                        (base + apart * width).update(repeating: 0, count: apart * (stored - width))
                        blocks.forEachBlock(of: chunk) { rows in
                            // Whole blocks are standardised where they are multiplied.
                            let isMade = isNarrow && source.factors == nil && rows.count % 8 == 0
                            for column in 0..<(isMade ? 0 : columns) {
                                standardize(source, column: column, rows: rows, into: base + column * apart)
                            }
                            if isBordered { border(source, rows: rows, into: base + columns * apart) }
                            if isNarrow {
                                let whole = (rows.count + 7) / 8 * 8
                                for column in 0..<width {
                                    (base + column * apart + rows.count).update(
                                        repeating: 0, count: whole - rows.count)
                                }
                                let next = rows.upperBound < last ? rows.upperBound : nil
                                addNarrow(
                                    isMade ? source : nil, pointers, from: rows.lowerBound, next: next, rows: whole,
                                    width: width, apart: apart, base, sums)
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
        withExtendedLifetime(source) {}
        for status in failed { try status.check("normal equations") }
        let sums = reduce(partial, chunks: blocks.chunks, width: size)
        return Matrix(rows: width, columns: width) { result in
            for row in 0..<width {
                for column in 0...row {
                    let sum = sums[column * width + row]
                    result[row * width + column] = sum
                    result[column * width + row] = sum
                }
            }
        }
    }

    /// Adds a block of rows, standardising it on the way where `source` is given, while the one from `next` on is asked for.
    private func addNarrow(
        _ source: StandardizedColumns?, _ columns: [UnsafePointer<Double>?], from start: Int, next: Int?, rows: Int,
        width: Int, apart: Int, _ block: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>
    ) {
        columns.withUnsafeBufferPointer { columns in
            guard let x = columns.baseAddress else { return }
            guard let source else {
                return ck_gram_add(ck_cpu(), rows, width, apart, nil, block, next == nil ? nil : x, next ?? 0, sums)
            }
            source.means.withUnsafeBufferPointer { means in
                source.scales.withUnsafeBufferPointer { scales in
                    var raw = ck_gram_source(
                        columns: means.count, start: start, x: x, means: means.baseAddress, scales: scales.baseAddress)
                    ck_gram_add(ck_cpu(), rows, width, apart, &raw, block, next == nil ? nil : x, next ?? 0, sums)
                }
            }
        }
    }

    private func border(_ source: StandardizedColumns, rows: Range<Int>, into target: UnsafeMutablePointer<Double>) {
        if let factors = source.factors {
            target.update(from: factors.unsafePointer + rows.lowerBound, count: rows.count)
        } else {
            target.update(repeating: 1, count: rows.count)
        }
    }
}

/// Room for `count` doubles that starts at a line of the cache: vectors as long as a line then never cross two.
private func withAlignedDoubles(_ count: Int, _ body: (UnsafeMutablePointer<Double>) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: max(count, 1) * 8, alignment: 64) { bytes in
        if let base = bytes.bindMemory(to: Double.self).baseAddress { body(base) }
    }
}
