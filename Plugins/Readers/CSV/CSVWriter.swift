import ApusCore

/// Writes tables as CSV by RFC 4180: what needs quotes has them, numbers have the fewest digits that read back equal,
/// a missing value is an empty cell.
public enum CSVWriter {
    /// Appends the rows of `table` to `text`, after a line with the columns' names if `header` is set: a table that
    /// comes in batches has it before the first.
    public static func append(
        _ table: Table, header: Bool = true, separator: UInt8 = UInt8(ascii: ","), lineEnd: String = "\n",
        to text: inout [UInt8]
    ) {
        let end = Array(lineEnd.utf8)
        if header {
            for (index, field) in table.schema.fields.enumerated() {
                if index > 0 { text.append(separator) }
                append(field.name.utf8, separator, to: &text)
            }
            text.append(contentsOf: end)
        }
        // Labels are quoted once, not once a row.
        let labels = table.columns.map { column -> [[UInt8]]? in
            guard case .category(_, let dictionary) = column.storage else { return nil }
            return dictionary.map { label in
                var cell: [UInt8] = []
                append(label.utf8, separator, to: &cell)
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
                    append(cell.utf8, separator, to: &text)
                }
            }
            text.append(contentsOf: end)
        }
    }

    /// Blanks at the ends are quoted as well: readers that trim would drop them.
    private static func append(_ cell: String.UTF8View, _ separator: UInt8, to text: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let isSpecial = cell.contains { $0 == separator || $0 == quote || $0 == 0x0A || $0 == 0x0D }
        func isBlank(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 }
        guard isSpecial || isBlank(cell.first) || isBlank(cell.last) else {
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
