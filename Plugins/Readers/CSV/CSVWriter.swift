import ApusCore
import ApusKernels

/// Writes tables as CSV by RFC 4180: what needs quotes has them, numbers have the fewest digits that read back equal,
/// a missing value is an empty cell.
public enum CSVWriter {
    /// Rows that one task puts into words.
    private static let blockRows = 2048

    /// Appends the rows of `table` to `text`, after a line with the columns' names if `header` is set: a table that
    /// comes in batches has it before the first.
    public static func append(
        _ table: Table, header: Bool = true, separator: UInt8 = UInt8(ascii: ","), lineEnd: String = "\n",
        to text: inout [UInt8]
    ) {
        write(table, header: header, separator: separator, lineEnd: lineEnd, threads: 1) {
            text.append(contentsOf: $0)
        }
    }

    /// Hands the text on in blocks of rows, in order; the blocks of a table are made on `threads` threads.
    public static func write(
        _ table: Table, header: Bool = true, separator: UInt8 = UInt8(ascii: ","), lineEnd: String = "\n",
        threads: Int, to consume: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        let end = Array(lineEnd.utf8)
        if header {
            var line: [UInt8] = []
            for (index, field) in table.schema.fields.enumerated() {
                if index > 0 { line.append(separator) }
                CSVCells.append(field.name.utf8, separator, to: &line)
            }
            try (line + end).withUnsafeBytes(consume)
        }
        let columns = table.columns.map { CSVCells($0, separator: separator) }
        let count = (table.rowCount + blockRows - 1) / blockRows
        // Some blocks a thread at a time: what is made stays in the cache until it is handed on.
        let kernels = Kernels(backend: .c, threads: threads)
        for first in stride(from: 0, to: count, by: 4 * kernels.threads) {
            let blocks = (first..<min(count, first + 4 * kernels.threads)).map { index in
                CSVBlock(columns, index * blockRows..<min(table.rowCount, (index + 1) * blockRows), end, separator)
            }
            kernels.parallelFor(blocks.count) { blocks[$0].fill() }
            for block in blocks { try consume(block.text) }
        }
    }
}
