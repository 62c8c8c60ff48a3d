import ApusCore
import ApusKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Expand {
    /// A column of numbers for each element.
    func replacement(of column: Column, in context: RunContext) throws -> [Column] {
        try column.vectors.map { try numbers($0, column.validity) } ?? [column]
    }

    private func numbers(_ rows: SparseRows, _ validity: Bitmap?) throws -> [Column] {
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let (cells, overflows) = rows.count.multipliedReportingOverflow(by: rows.width)
        guard !overflows, cells <= memory / 16 else {
            throw ApusError(
                "\(rows.count.grouped) rows of \(rows.width.grouped) columns do not fit into half of this machine's memory",
                remedy: "Choose a learner that takes vectors, or make the vector narrower.")
        }
        let count = rows.count
        let values = Buffer<Double>(count: cells) { target in
            target.initialize(repeating: 0)
            for row in 0..<count {
                for place in rows.entries(of: row) {
                    target[Int(rows.indices.unsafePointer[place]) * count + row] = rows.values.unsafePointer[place]
                }
            }
        }
        return (0..<rows.width).map {
            Column(.double(values.slice($0 * count..<($0 + 1) * count)), validity: validity)
        }
    }
}
