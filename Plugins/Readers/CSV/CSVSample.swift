import ApusKernels

/// The rows at the head of a text, cut in the plainest way: a quote toggles, a separator or line feed outside quotes
/// ends a cell. Enough to guess a format; the kernels check the rules.
struct CSVSample {
    /// The cells of each row, as ranges of the text without blanks and quotes around them.
    private(set) var rows: [[Range<Int>]] = []
    /// The offset behind each row's line feed.
    private(set) var ends: [Int] = []

    /// The rows in `range`; a last one without a line feed counts only if `range` reaches the end of the text. Blank
    /// lines are left out.
    init(_ text: TextBytes, _ range: Range<Int>, separator: UInt8, quoting: Bool, most: Int = .max) {
        let bytes = text[range]
        var cells: [Range<Int>] = []
        var start = 0
        var inQuotes = false
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == 0x22, quoting { inQuotes.toggle() }
            guard !inQuotes, byte == separator || byte == 0x0A else { continue }
            let cell = CSVSample.content(bytes, start..<index, quoting: quoting)
            cells.append(cell.lowerBound + range.lowerBound..<cell.upperBound + range.lowerBound)
            start = index + 1
            guard byte == 0x0A else { continue }
            if cells.count > 1 || !cells[0].isEmpty {
                rows.append(cells)
                ends.append(range.lowerBound + start)
                if rows.count == most { return }
            }
            cells.removeAll(keepingCapacity: true)
        }
    }

    /// A cell without the blanks and quotes around it.
    private static func content(_ bytes: UnsafeBufferPointer<UInt8>, _ cell: Range<Int>, quoting: Bool) -> Range<Int> {
        var from = cell.lowerBound
        var to = cell.upperBound
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        while from < to, isBlank(bytes[from]) { from += 1 }
        while from < to, isBlank(bytes[to - 1]) { to -= 1 }
        if quoting, to - from >= 2, bytes[from] == 0x22, bytes[to - 1] == 0x22 {
            from += 1
            to -= 1
        }
        return from..<to
    }

    /// The commonest number of fields above 1, and the share of rows that have it.
    var shape: (fields: Int, share: Double)? {
        var counts: [Int: Int] = [:]
        for row in rows where row.count > 1 { counts[row.count, default: 0] += 1 }
        let best = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }
        return best.map { ($0.key, Double($0.value) / Double(rows.count)) }
    }
}
