/// A text cut into parts of whole rows, to be read one after another: what fits in memory where the table does not.
public struct CSVParts: Sendable {
    private let scan: CSVScan
    private let dialect: CSVDialect
    private let parts: [[CSVScan.Chunk]]

    /// Parts of so many chunks of `scan` each; the cut depends on nothing else.
    public init(_ scan: CSVScan, _ dialect: CSVDialect, chunks: Int) {
        self.scan = scan
        self.dialect = dialect
        let all = scan.chunks(quoting: dialect.quoting, columns: dialect.columns)
        parts = stride(from: 0, to: all.count, by: max(chunks, 1)).map { first in
            all[first..<min(first + max(chunks, 1), all.count)].map { chunk in
                var chunk = chunk
                chunk.firstRow -= all[first].firstRow
                return chunk
            }
        }
    }

    /// How many there are.
    public var count: Int { parts.count }

    /// The rows of part `index`, counted from 0 there, as `CSVScan.read` reads all.
    public func read(_ index: Int, kinds: [CSVCellKind]) -> Result<CSVReading, CSVFailure> {
        defer {
            if let first = parts[index].first, let last = parts[index].last { scan.text.forget(first.begin..<last.end) }
        }
        return scan.read(dialect, kinds: kinds, parts[index])
    }
}
