import ApusCore
import ApusKernels

/// One line of an ARFF text, read word by word. Words end at blanks, commas and braces unless they are quoted.
struct ARFFLine {
    /// A word: where its bytes stand, and whether quotes stood around them.
    struct Token {
        var range: Range<Int>
        var isQuoted: Bool
    }

    private let text: TextBytes
    private var at: Int
    private let end: Int

    /// The bytes in `range` without a line feed; nothing where they are a comment.
    init(_ text: TextBytes, _ range: Range<Int>) {
        self.text = text
        at = range.lowerBound
        end = range.upperBound
        skipBlanks()
    }

    /// Whether nothing is left but a comment.
    var isEmpty: Bool { at >= end || text.start[at] == 0x25 }

    private mutating func skipBlanks() {
        while at < end, [0x20, 0x09, 0x0D].contains(text.start[at]) { at += 1 }
    }

    /// Takes one byte if it stands here.
    mutating func take(_ byte: UInt8) -> Bool {
        guard at < end, text.start[at] == byte else { return false }
        at += 1
        skipBlanks()
        return true
    }

    /// Takes a comma, or is content that a tab or blank stood there; false at the end of the line.
    mutating func takeSeparator() -> Bool { take(0x2C) || !isEmpty }

    /// The next word. Throws at the end of the line, and on a quote that is not closed.
    mutating func token() throws -> Token {
        guard at < end, !isEmpty else { throw ApusError("the line ends too early") }
        let first = text.start[at]
        guard first == 0x22 || first == 0x27 else {
            let start = at
            while at < end, ![0x20, 0x09, 0x0D, 0x2C, 0x7B, 0x7D].contains(text.start[at]) { at += 1 }
            guard at > start else {
                throw ApusError(
                    "expected a value, found \"\(String(decoding: text[at..<at + 1], as: UTF8.self))\"",
                    remedy: "Write ? where it is missing.")
            }
            defer { skipBlanks() }
            return Token(range: start..<at, isQuoted: false)
        }
        let start = at + 1
        at = start
        while at < end, text.start[at] != first { at += text.start[at] == 0x5C ? 2 : 1 }
        guard at < end else { throw ApusError("a quote is not closed") }
        let range = start..<at
        at += 1
        skipBlanks()
        return Token(range: range, isQuoted: true)
    }

    /// The next word as text.
    mutating func word() throws -> String { string(try token()) }

    /// The text of a word, escapes undone where it is quoted.
    func string(_ token: Token) -> String {
        let bytes = text[token.range]
        guard token.isQuoted, bytes.contains(0x5C) else { return String(decoding: bytes, as: UTF8.self) }
        var plain: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == 0x5C, position + 1 < bytes.count {
                position += 1
                plain.append([0x6E: 0x0A, 0x74: 0x09, 0x72: 0x0D][bytes[position]] ?? bytes[position])
            } else {
                plain.append(bytes[position])
            }
            position += 1
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
