import ApusCore
import ApusKernels

/// Says what is wrong with a row that could not be read.
struct CSVDiagnosis {
    let scan: CSVScan
    let dialect: CSVDialect
    let format: CSVFormat

    private var text: TextBytes { scan.text }

    func error(_ problem: CSVProblem) -> ApusError {
        switch problem {
        case .rowTooLong:
            ApusError("a row is longer than 2 GB", remedy: "A quote that is never closed can do that.")
        case .ragged(let offset, let fields):
            ApusError(
                "found \(count(fields, "field")), expected \(dialect.columns.grouped)"
                    + (format.hasHeader ? " as in the header" : " as in the first row"),
                at: place(offset), remedy: "Mend the row, or leave such rows out with --on-bad-row skip.")
        case .quoting(let offset): quoting(offset)
        }
    }

    private func count(_ number: Int, _ noun: String) -> String {
        "\(number.grouped) \(noun)\(number == 1 ? "" : "s")"
    }

    private func place(_ offset: Int) -> String { "line \(text.line(at: offset).grouped)" }

    /// Walks the row's cells by the letter of RFC 4180 up to the first quote that breaks it.
    private func quoting(_ row: Int) -> ApusError {
        let plain = "If quotes are plain text in this file, say --set data.quote=false."
        var at = row
        let end = text.terminatedCount
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        func endsCell(_ byte: UInt8) -> Bool { byte == dialect.separator || byte == 0x0A || byte == 0x0D }
        while at < end {
            var start = at
            while dialect.trim, start < end, isBlank(text.start[start]), !endsCell(text.start[start]) { start += 1 }
            guard start < end, text.start[start] == 0x22 else {
                var inside = start
                while inside < end, text.start[inside] != dialect.separator, text.start[inside] != 0x0A {
                    if text.start[inside] == 0x22 {
                        return ApusError(
                            "a quote inside an unquoted cell", at: place(inside),
                            remedy: "Enclose the cell in quotes and double the quote. \(plain)")
                    }
                    inside += 1
                }
                at = inside + 1
                continue
            }
            var close = start + 1
            while close < end {
                if text.start[close] != 0x22 {
                    close += 1
                } else if close + 1 < end, text.start[close + 1] == 0x22 {
                    close += 2
                } else {
                    break
                }
            }
            guard close < end else {
                return ApusError(
                    "a quote opens here and is never closed", at: place(start), remedy: "Close it. \(plain)")
            }
            var next = close + 1
            while dialect.trim, next < end, isBlank(text.start[next]), !endsCell(text.start[next]) { next += 1 }
            guard next >= end || endsCell(text.start[next]) else {
                let opened = text.line(at: start)
                let closed = text.line(at: close)
                let place = opened == closed ? "line \(opened.grouped)" : "line \(closed.grouped)"
                let whence = opened == closed ? "" : ", which opened on line \(opened.grouped)"
                return ApusError(
                    "text after the closing quote of a cell\(whence)", at: place,
                    remedy: "Double quotes that belong to the text. \(plain)")
            }
            if next < end, text.start[next] == 0x0D { next += 1 }
            at = next + 1
        }
        return ApusError("the quotes in this row do not match", at: place(row), remedy: plain)
    }
}
