import ApusCore
import CKernels

extension Kernels {
    /// R of the QR factorisation of the standardised columns, `(at most columns, columns)`, upper trapezoidal: blocks of
    /// rows are factored on their own and their triangles again (TSQR), in an order that threads do not change.
    /// With the target as last column, its last column holds Qᵀ times the target. `penalty`, if given, is a diagonal
    /// put below the rows: one element a column.
    public func triangle(_ source: StandardizedColumns, penalty: [Double]? = nil) throws -> Matrix<Double> {
        let width = source.columns.count
        guard penalty.map({ $0.count == width }) ?? true else {
            throw ApusError("the penalty is not as long as there are columns", at: "QR", kind: .plugin)
        }
        let size = try checkedProduct(width, width, "QR")
        // A block of four times as many rows as columns keeps the cost of carrying the triangle at a quarter.
        let blocks = RowBlocks(
            rows: source.rows, rowBytes: width * 8, partialBytes: size * 8, blockBytes: 512 << 10,
            minimumRows: 4 * width, maximumChunks: 16)
        var failed = [ck_status](repeating: CK_OK, count: blocks.chunks)
        var triangles = [ColumnMajor<Double>](
            repeating: ColumnMajor<Double>(rows: 0, columns: width), count: blocks.chunks)
        failed.withUnsafeMutableBufferPointer { statuses in
            triangles.withUnsafeMutableBufferPointer { found in
                nonisolated(unsafe) let statuses = statuses
                nonisolated(unsafe) let found = found
                parallelFor(blocks.chunks) { chunk in
                    var carried = ColumnMajor<Double>(rows: 0, columns: width)
                    blocks.forEachBlock(of: chunk) { rows in
                        var stacked = ColumnMajor<Double>(rows: carried.rows + rows.count, columns: width)
                        stacked.place(carried, at: 0)
                        for column in 0..<width {
                            stacked.withColumn(column) { target in
                                standardize(source, column: column, rows: rows, into: target + carried.rows)
                            }
                        }
                        statuses[chunk] = max(statuses[chunk], reduceToTriangle(&stacked))
                        carried = stacked
                    }
                    found[chunk] = carried
                }
            }
        }
        for status in failed { try status.check("QR") }
        var all = ColumnMajor<Double>(
            rows: triangles.reduce(penalty == nil ? 0 : width) { $0 + $1.rows }, columns: width)
        var row = 0
        for triangle in triangles {
            all.place(triangle, at: row)
            row += triangle.rows
        }
        if let penalty {
            for column in 0..<width { all[row + column, column] = penalty[column] }
        }
        if triangles.count != 1 || penalty != nil { try reduceToTriangle(&all).check("QR") }
        return all.matrix
    }

    /// Replaces a by the R of its QR factorisation.
    private func reduceToTriangle<Element: DenseElement>(_ a: inout ColumnMajor<Element>) -> ck_status {
        let (m, n) = (a.rows, a.columns)
        var tau = [Element](repeating: 0, count: max(1, min(m, n)))
        var status = CK_OK
        switch backend {
        case .c:
            var work = [Element](repeating: 0, count: ck_qr_workspace(m, n))
            status = Element.library.geqrf(m, n, m, &a.elements, &tau, &work)
        case .swift: Element.twins.factor(m, n, &a.elements, &tau)
        }
        a.keepUpper()
        return status
    }
}

private func max(_ a: ck_status, _ b: ck_status) -> ck_status { a.rawValue >= b.rawValue ? a : b }
