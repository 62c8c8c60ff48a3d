import ApusCore

/// Writes tables as CSV by RFC 4180: what needs quotes has them, numbers have the fewest digits that read back equal,
/// a missing value is an empty cell.
public struct CSVWriter: Sendable {
    /// The byte between two cells.
    public var separator: UInt8
    /// The end of a line.
    public var lineEnd: String
    /// Whether the first line names the columns.
    public var hasHeader: Bool

    /// A writer of comma-separated lines under a header, unless said otherwise.
    public init(separator: UInt8 = UInt8(ascii: ","), lineEnd: String = "\n", hasHeader: Bool = true) {
        self.separator = separator
        self.lineEnd = lineEnd
        self.hasHeader = hasHeader
    }

    /// The whole table as bytes.
    public func bytes(_ table: Table) -> [UInt8] {
        var result: [UInt8] = []
        write(table, batchSize: .max) { result = $0 }
        return result
    }

    /// Hands the table's text to `sink` in pieces of `batchSize` rows. For a table that is written in several calls,
    /// switch `hasHeader` off after the first.
    public func write(_ table: Table, batchSize: Int = 4096, to sink: ([UInt8]) throws -> Void) rethrows {
        var text: [UInt8] = []
        let end = Array(lineEnd.utf8)
        if hasHeader {
            for (index, field) in table.schema.fields.enumerated() {
                if index > 0 { text.append(separator) }
                append(field.name.utf8, to: &text)
            }
            text.append(contentsOf: end)
        }
        // Labels are quoted once, not once a row.
        let labels = table.columns.map { column -> [[UInt8]]? in
            guard case .category(_, let dictionary) = column.storage else { return nil }
            return dictionary.map { label in
                var cell: [UInt8] = []
                append(label.utf8, to: &cell)
                return cell
            }
        }
        for row in 0..<table.rowCount {
            for (index, column) in table.columns.enumerated() {
                if index > 0 { text.append(separator) }
                if column.isMissing(row) { continue }
                if let labels = labels[index], case .category(let codes, _) = column.storage {
                    text.append(contentsOf: labels[Int(codes[row])])
                } else if let cell = column.text(row) {
                    append(cell.utf8, to: &text)
                }
            }
            text.append(contentsOf: end)
            if (row + 1) % max(batchSize, 1) == 0 {
                try sink(text)
                text.removeAll(keepingCapacity: true)
            }
        }
        if !text.isEmpty { try sink(text) }
    }

    /// Blanks at the ends are quoted as well: readers that trim would drop them.
    private func append(_ cell: String.UTF8View, to text: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let isSpecial = cell.contains { $0 == separator || $0 == quote || $0 == 0x0A || $0 == 0x0D }
        let blanks: Set<UInt8> = [0x20, 0x09]
        let hasBlank = cell.first.map(blanks.contains) == true || cell.last.map(blanks.contains) == true
        guard isSpecial || hasBlank else {
            text.append(contentsOf: cell)
            return
        }
        text.append(quote)
        for byte in cell {
            if byte == quote { text.append(quote) }
            text.append(byte)
        }
        text.append(quote)
    }
}
