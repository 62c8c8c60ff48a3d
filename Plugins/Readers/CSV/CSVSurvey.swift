import ApusCore
import ApusKernels

/// What the first pass over a text that is read in parts learns: kinds, labels and missing cells of all rows. Memory: the
/// different labels, at most 100,000 a column.
struct CSVSurvey {
    /// One column over all parts.
    private struct Column {
        var kind: CSVCellKind
        var findings = CSVFindings.none
        /// Rows of each label, of strings.
        var labels: [String: Int] = [:]
        /// Bytes of all cells that are not missing.
        var bytes = 0
        /// What made it strings.
        var broken: CSVCell?
        /// Whether it has more labels than are kept.
        var isCrowded = false
    }

    private static let mostLabels = 100_000

    private let columns: CSVColumns
    private let parts: CSVParts
    private var found: [Column]
    private(set) var rowCount = 0
    private(set) var skippedRows = 0
    private(set) var firstSkippedLine: Int?
    private(set) var notes: [String] = []
    /// The kind and the labels of each column.
    private(set) var fields: [Field] = []

    /// Reads all parts, and again the columns that a row said to be of another kind.
    init(_ columns: CSVColumns, _ parts: CSVParts) throws {
        self.columns = columns
        self.parts = parts
        found = columns.names.indices.map { Column(kind: columns.firstKind($0)) }
        var open = found.indices.map { _ in true }
        var isFirst = true
        while open.contains(true) {
            try pass(open, isFirst: isFirst)
            isFirst = false
            for index in open.indices where open[index] {
                open[index] = false
                let next = try columns.nextKind(of: found[index].kind, found[index].findings, index)
                guard next == .string || next == .timestamp else { continue }
                found[index] = Column(kind: next, broken: found[index].findings.broken)
                open[index] = true
            }
        }
        fields = try found.indices.map { try field($0) }
    }

    /// How the cells of each column are read from here on.
    var kinds: [CSVCellKind] { found.map(\.kind) }

    private mutating func pass(_ open: [Bool], isFirst: Bool) throws {
        var first = 0
        for part in 0..<parts.count {
            let kinds = open.indices.map { open[$0] && !found[$0].isCrowded ? found[$0].kind : .skip }
            let reading = try columns.checked(parts.read(part, kinds: kinds))
            for (index, column) in reading.columns.enumerated() {
                guard let column else { continue }
                found[index].findings.add(column.findings, from: first)
                if let labels = column.labels { try count(labels, column, index) }
            }
            if isFirst {
                skippedRows += reading.raggedRows
                if firstSkippedLine == nil, case .ragged(let offset, _) = reading.firstRagged {
                    firstSkippedLine = columns.scan.text.line(at: offset)
                }
            }
            first += reading.rowCount
            columns.context.send(Progress("survey", completed: part + 1, total: parts.count))
        }
        rowCount = first
    }

    private mutating func count(_ labels: CSVLabels, _ column: CSVColumn, _ index: Int) throws {
        var rows = [Int](repeating: 0, count: labels.count)
        for row in 0..<column.rowCount { rows[Int(column.codes[row])] += 1 }
        for label in 0..<labels.count where !labels.isMissing(label) {
            found[index].labels[labels.string(label), default: 0] += rows[label]
            found[index].bytes += rows[label] * labels.length(label)
        }
        guard found[index].labels.count > Self.mostLabels else { return }
        let kind = columns.declarations[index]?.kind
        if kind == .category || kind == .flag {
            throw ApusError(
                "more than \(Self.mostLabels.grouped) different labels", at: "column '\(columns.names[index])'",
                remedy: "Declare it text, or read the table without --stream.")
        }
        found[index].isCrowded = true
        found[index].labels = [:]
    }

    private mutating func field(_ index: Int) throws -> Field {
        let (name, column) = (columns.names[index], found[index])
        let declaration = columns.declarations[index]
        switch column.kind {
        case .timestamp: return Field(name, .timestamp)
        case .number, .integer, .skip:
            let builder = CSVColumnBuilder(text: columns.scan.text)
            if let note = try builder.numberNote(column.findings, name, declaration) { notes.append(note) }
            return Field(name, .number)
        case .string: break
        }
        func category() -> Field {
            let labels = column.labels.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return Field(name, .category, categories: labels.isEmpty ? [""] : labels)
        }
        switch declaration?.kind {
        case .flag: return Field(name, .flag)
        case .text: return Field(name, .text)
        case .category: return category()
        case .number, .timestamp, nil: break
        }
        let labels = column.labels
        if column.isCrowded { return Field(name, .text) }
        if !labels.isEmpty, labels.keys.allSatisfy({ CSVLabelColumn.flagWords[$0.lowercased()] != nil }) {
            return Field(name, .flag)
        }
        let rows = labels.values.reduce(0, +)
        if let note = oddNote(column, name, rows) {
            notes.append(note)
            return category()
        }
        return CSVLabelColumn.isText(labels: labels.count, rows: rows, bytes: column.bytes)
            ? Field(name, .text) : category()
    }

    /// What to say about labels most of whose rows are numbers or dates.
    private func oddNote(_ column: Column, _ name: String, _ rows: Int) -> String? {
        let kinds: [(String, (String) -> Bool)] = [
            ("numbers", { Double($0)?.isFinite == true }), ("dates", { TextBytes.timestamp($0) != nil }),
        ]
        for (plural, isOne) in kinds {
            let odd = column.labels.filter { !isOne($0.key) }
            let fitting = rows - odd.values.reduce(0, +)
            guard fitting > 0, fitting * 2 >= rows, let example = odd.keys.min() else { continue }
            let (value, place) =
                column.broken.map { (columns.scan.text.quoted($0.range), "row \(($0.row + 1).grouped)") }
                ?? ("\"\(example)\"", "one of its rows")
            return
                "Column '\(name)' is read as a category: \(place) holds \(value), while \(fitting.grouped) values are "
                + "\(plural). Add \(value) to data.missing, or declare the column categorical."
        }
        return nil
    }
}
