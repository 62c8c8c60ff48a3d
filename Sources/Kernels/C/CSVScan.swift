import ApusCore
import CKernels
import Synchronization

/// The two passes over a CSV text. Pass 0 counts, so that every chunk's quote state and first row are known exactly;
/// pass 1 reads cells of chosen columns straight into memory, and may be repeated for columns that turned out to be
/// of another kind.
public struct CSVScan: Sendable {
    /// The text.
    public let text: TextBytes
    /// The offset of the first row.
    public let begin: Int
    /// How many `"` there are from `begin` on, and where the first one of the text is.
    public let quotes: (count: Int, first: Int?)
    /// The offset of the first NUL byte of the text.
    public let firstNUL: Int?
    /// The offset of the first byte of the text that is not UTF-8.
    public let firstMalformed: Int?

    /// The kernels that read it.
    public let kernels: Kernels
    let isStopped: @Sendable () -> Bool
    let level: ck_cpu_level
    let chunkSize: Int
    let counts: [ck_csv_count]

    /// Pass 0 over the text from `begin` on. `chunkSize` is a parameter so that tests can cut small texts anywhere;
    /// it never changes a result. Both passes leave out chunks once `isStopped` says so: the caller then drops what
    /// they found. `forgetting` lets go of a mapped file's pages once they were read.
    public init(
        _ text: TextBytes, from begin: Int, kernels: Kernels, chunkSize: Int = 1 << 20, instructionSet: String? = nil,
        forgetting: Bool = false, isStopped: @escaping @Sendable () -> Bool = { false }
    ) {
        self.text = text
        self.begin = min(begin, text.terminatedCount)
        self.kernels = kernels
        self.isStopped = isStopped
        self.chunkSize = max(chunkSize, 1)
        let levels = [CK_CPU_BASELINE, CK_CPU_V3, CK_CPU_V4].filter { $0.rawValue <= ck_cpu().rawValue }
        level = levels.first { String(cString: ck_cpu_name($0)) == instructionSet } ?? ck_cpu()

        let size = text.terminatedCount
        let first = self.begin
        let length = self.chunkSize
        let chunks = (size - first + length - 1) / length
        let level = level
        let results = SharedMemory<ck_csv_count>(count: chunks)
        kernels.parallelFor(chunks) { chunk in
            results.base[chunk] = ck_csv_count()
            if isStopped() { return }
            let start = first + chunk * length
            ck_csv_count_chunk(
                level, size, start, min(start + length, size), text.start, results.base + chunk)
            if forgetting { text.forget(start..<min(start + length, size)) }
        }
        let counts = Array(UnsafeBufferPointer(start: results.base, count: chunks))
        var head = ck_csv_count()
        ck_csv_count_chunk(level, size, 0, first, text.start, &head)
        func earliest(_ offset: (ck_csv_count) -> UInt64) -> Int? {
            ([head] + counts).lazy.map(offset).first { $0 != .max }.map { Int($0) }
        }
        self.counts = counts
        quotes = (counts.reduce(0) { $0 + Int($1.quotes) }, earliest { $0.first_quote })
        firstNUL = earliest { $0.first_nul }
        firstMalformed = earliest { $0.first_malformed }
    }

    /// Whether the last quote of the text is an opening one, if quotes are quotes.
    public var endsInQuotes: Bool { quotes.count % 2 == 1 }

    /// The chunks with their bytes, quote state, the most rows that come before and that may start in each. A row has
    /// a byte for each of its columns, so that a file of blank lines under a wide header asks for no memory.
    func chunks(quoting: Bool, columns: Int) -> [Chunk] {
        var chunks: [Chunk] = []
        chunks.reserveCapacity(counts.count)
        var inQuotes = false
        var row = 0
        for (index, count) in counts.enumerated() {
            let start = begin + index * chunkSize
            let outside =
                !quoting ? count.newlines : inQuotes ? count.newlines - count.newlines_outside : count.newlines_outside
            let end = min(start + chunkSize, text.terminatedCount)
            let rows = min(Int(outside) + (index == 0 ? 1 : 0), (end - start) / max(columns, 1) + 2)
            chunks.append(
                Chunk(
                    begin: start, end: end, isFirst: index == 0, inQuotes: inQuotes, firstRow: row,
                    capacity: rows))
            row += rows
            if quoting, count.quotes % 2 == 1 { inQuotes.toggle() }
        }
        return chunks
    }

    struct Chunk: Sendable {
        let begin: Int
        let end: Int
        let isFirst: Bool
        let inQuotes: Bool
        var firstRow: Int
        let capacity: Int
    }
}

/// Memory that tasks of a parallel region write disjoint parts of.
final class SharedMemory<Element: BitwiseCopyable>: @unchecked Sendable {
    let base: UnsafeMutablePointer<Element>
    let count: Int

    init(count: Int) {
        self.count = count
        base = .allocate(capacity: max(count, 1))
    }

    deinit { base.deallocate() }
}
