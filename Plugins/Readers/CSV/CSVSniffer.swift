import ApusCore
import ApusKernels

/// Finds out separator, quoting and header from the head of a text.
struct CSVSniffer {
    let text: TextBytes
    /// Where the text starts, behind a byte order mark.
    let begin: Int
    let separator: UInt8?
    let quote: CSVSwitch
    let header: CSVSwitch
    let isMissing: (Range<Int>) -> Bool
    /// The columns that a caller expects, if it does.
    let expected: [String]?

    private static let candidates: [UInt8] = [0x2C, 0x09, 0x3B, 0x7C]
    private static let longestLine = 16 << 20

    func sniff() throws -> CSVFormat {
        let whole = text[begin..<text.terminatedCount]
        guard whole.contains(where: { $0 != 0x0A && $0 != 0x0D && $0 != 0x20 }) else {
            throw ApusError(text.count == 0 ? "the file is empty" : "the file holds nothing but blank lines")
        }
        let firstLine = (whole.firstIndex(of: 0x0A) ?? whole.count) + 1
        if firstLine >= whole.count, whole.contains(0x0D), whole.dropLast(2).contains(0x0D) {
            throw ApusError(
                "its lines end in carriage returns alone, as on old Macs",
                remedy: "Convert it first: tr '\\r' '\\n' < FILE > NEW")
        }
        guard firstLine < CSVSniffer.longestLine else {
            throw ApusError(
                "line 1 is longer than \(CSVSniffer.longestLine >> 20) MB",
                remedy: "This is no table of lines and cells.")
        }
        let end = min(text.terminatedCount, begin + max(1 << 18, 4 * firstLine))

        let seps = separator.map { [$0] } ?? CSVSniffer.candidates
        let samples = seps.map { separator in
            let quoting = quoting(separator, firstQuote: text[begin..<end].firstIndex(of: 0x22).map { $0 + begin })
            return (
                separator: separator, quoting: quoting,
                sample: CSVSample(text, begin..<end, separator: separator, quoting: quoting)
            )
        }
        // The most regular cut wins; of equally regular ones the finest, then the first candidate.
        var best = samples[0]
        var bestShape = (share: 0.0, fields: 1)
        for candidate in samples {
            guard let shape = candidate.sample.shape, (bestShape.share, bestShape.fields) < (shape.share, shape.fields)
            else { continue }
            best = candidate
            bestShape = (shape.share, shape.fields)
        }
        return try format(best.separator, best.quoting, best.sample, end: end)
    }

    private func format(_ separator: UInt8, _ quoting: Bool, _ sample: CSVSample, end: Int) throws -> CSVFormat {
        var sample = sample
        if sample.rows.isEmpty {
            // The first row is longer than the sample, for instance a quoted cell of many lines.
            sample = CSVSample(text, begin..<text.terminatedCount, separator: separator, quoting: quoting, most: 2)
        }
        guard let first = sample.rows.first, let firstEnd = sample.ends.first else {
            // Nothing but an open quote: let the strict reading say where.
            return CSVFormat(
                separator: separator, quoting: quoting, hasHeader: false, bodyStart: begin, columns: 1, header: [],
                sample: [])
        }
        let rest = Array(sample.rows.dropFirst())
        let hasHeader =
            switch header {
            case .on: true
            case .off: false
            case .auto: looksLikeHeader(first, rest)
            }
        return CSVFormat(
            separator: separator, quoting: quoting, hasHeader: hasHeader, bodyStart: hasHeader ? firstEnd : begin,
            columns: first.count, header: hasHeader ? first : [], sample: hasHeader ? rest : sample.rows)
    }

    /// Whether quotes quote: if the first one of the text opens a cell. A writer that quotes at all would have quoted
    /// a cell that holds one.
    func quoting(_ separator: UInt8, firstQuote: Int?) -> Bool {
        if quote != .auto { return quote == .on }
        guard let firstQuote else { return true }
        var before = firstQuote
        while before > begin, text.start[before - 1] == 0x20 || text.start[before - 1] == 0x09 {
            if text.start[before - 1] == separator { return true }
            before -= 1
        }
        return before == begin || text.start[before - 1] == separator || text.start[before - 1] == 0x0A
    }

    /// A first row is a header where it stands out from its columns: text over numbers or dates. If nothing is a number,
    /// it is one unless its cells come again below, repeat each other, or mean "missing". Numbers that count the columns,
    /// as programs name what has no name, stand for names beside such a text.
    private func looksLikeHeader(_ first: [Range<Int>], _ rest: [[Range<Int>]]) -> Bool {
        if let expected {
            let names = Set(first.map { string($0) })
            if expected.filter(names.contains).count * 2 >= expected.count { return true }
            if expected.allSatisfy({ $0.first == "c" && Int($0.dropFirst()) != nil }) { return false }
        }
        var votesFor = 0
        var votesAgainst = 0
        var recurs = false
        var numbers: [Int?] = []
        for (column, cell) in first.enumerated() {
            if cell.isEmpty { continue }
            if isMissing(cell) {
                votesAgainst += 1
                continue
            }
            let reading = text.reading(of: cell)
            let isFlag = ["true", "false"].contains(string(cell).lowercased())
            if reading != .text || isFlag {
                votesAgainst += 1
                numbers.append(Int(string(cell)))
                continue
            }
            let below = rest.prefix(1000).compactMap { $0.count > column ? $0[column] : nil }.filter { !isMissing($0) }
            if !below.isEmpty, below.allSatisfy({ text.reading(of: $0) != .text }) { votesFor += 1 }
            if below.contains(where: { text[$0].elementsEqual(text[cell]) }) { recurs = true }
        }
        if votesFor > 0, numbers.count > 1, let start = numbers[0], (0...1).contains(start),
            numbers == (start..<start + numbers.count).map(Optional.some)
        {
            return true
        }
        if votesFor > 0 || votesAgainst > 0 { return votesFor > votesAgainst }
        return !recurs && Set(first.map { string($0) }).count == first.count
    }

    private func string(_ cell: Range<Int>) -> String { String(decoding: text[cell], as: UTF8.self) }
}
