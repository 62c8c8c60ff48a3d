import ApusCore
import ApusKernels

/// The attributes of an ARFF text with their values, read line by line.
struct ARFFFile {
    private(set) var attributes: [ARFFAttribute] = []
    /// Whether some row is sparse.
    private(set) var isSparse = false
    private let text: TextBytes

    /// Attributes beyond this number are refused, so that a row of absent values cannot ask for all memory.
    private static let mostAttributes = 1_000_000

    init(_ text: TextBytes) { self.text = text }

    /// Reads every line. Throws, with the line, where one breaks the format.
    mutating func read(in context: RunContext) throws {
        let bytes = text[0..<text.terminatedCount]
        var at = text.count >= 3 && text[0..<3].elementsEqual([0xEF, 0xBB, 0xBF]) ? 3 : 0
        var (line, isInData) = (0, false)
        while at < bytes.count {
            if line & 0x3FF == 0 { try context.checkCancellation() }
            line += 1
            var end = at
            while bytes[end] != 0x0A { end += 1 }
            do {
                var words = ARFFLine(text, at..<end)
                if words.isEmpty {
                    // A blank line, or a comment.
                } else if isInData {
                    try row(&words)
                } else {
                    isInData = try declaration(&words)
                }
            } catch let error as ApusError {
                throw error.at("line \(line.grouped)")
            }
            at = end + 1
        }
        guard isInData else {
            throw ApusError("there is no line @data", remedy: "Is it ARFF? CSV is read by reader.csv.")
        }
    }

    /// Reads one line of the head; returns whether the data begin.
    private mutating func declaration(_ line: inout ARFFLine) throws -> Bool {
        let keyword = try line.word()
        switch keyword.lowercased() {
        case "@relation": return false
        case "@data":
            guard !attributes.isEmpty else { throw ApusError("there is no attribute before @data") }
            return true
        case "@attribute":
            let name = try line.word()
            guard attributes.count < Self.mostAttributes else {
                throw ApusError("there are more than \(Self.mostAttributes.grouped) attributes")
            }
            attributes.append(ARFFAttribute(name: name, kind: try kind(&line, of: name)))
            return false
        default:
            throw ApusError(
                "expected @relation, @attribute or @data, found \"\(keyword.prefix(60))\"",
                remedy: "Is it ARFF? CSV is read by reader.csv.")
        }
    }

    private func kind(_ line: inout ARFFLine, of name: String) throws -> ARFFAttribute.Kind {
        if line.take(0x7B) {  // {
            var labels: [String] = []
            while !line.take(0x7D) {  // }
                labels.append(try line.word())
                _ = line.take(0x2C)
            }
            guard !labels.isEmpty, Set(labels).count == labels.count else {
                throw ApusError("its labels are none, or not all different", at: "attribute '\(name)'")
            }
            return .nominal(labels)
        }
        let word = try line.word()
        switch word.lowercased() {
        case "numeric", "real", "integer": return .number
        case "string": return .text
        case "date": return .date
        case "label": return .label
        default:
            throw ApusError(
                "there is no type \"\(word.prefix(60))\"", at: "attribute '\(name)'",
                remedy:
                    "There are: numeric, real, integer, string, date, label and {a, b, …}; relational attributes are not read."
            )
        }
    }

    private mutating func row(_ line: inout ARFFLine) throws {
        if line.take(0x7B) {
            isSparse = true
            try sparseRow(&line)
        } else {
            for position in attributes.indices {
                if position > 0, !line.takeSeparator() {
                    throw ApusError("expected \(attributes.count.grouped) values, found \(position.grouped)")
                }
                try value(&line, position)
            }
        }
        guard line.isEmpty else {
            throw ApusError(
                "more stands in the row than \(attributes.count.grouped) values",
                remedy: "Quote values that hold commas or blanks; instance weights are not read.")
        }
    }

    private mutating func sparseRow(_ line: inout ARFFLine) throws {
        var next = 0
        while !line.take(0x7D) {
            let word = try line.word()
            guard let index = Int(word), attributes.indices.contains(index) else {
                throw ApusError(
                    "expected an index from 0 to \((attributes.count - 1).grouped), found \"\(word.prefix(60))\"")
            }
            guard index >= next else { throw ApusError("indices must ascend within a row, found \(index)") }
            for absent in next..<index { attributes[absent].appendAbsent() }
            try value(&line, index)
            next = index + 1
            _ = line.take(0x2C)
        }
        for absent in next..<attributes.count { attributes[absent].appendAbsent() }
    }

    private mutating func value(_ line: inout ARFFLine, _ position: Int) throws {
        let token = try line.token()
        if !token.isQuoted, text[token.range].elementsEqual([0x3F]) {
            attributes[position].appendMissing()
        } else {
            let number = attributes[position].kind == .number ? text.number(in: token.range) : nil
            try attributes[position].append(number, line.string(token))
        }
    }
}
