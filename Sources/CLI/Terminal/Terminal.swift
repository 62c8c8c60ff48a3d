import Foundation

/// What output goes to, and whether it can show colour and a line that changes.
struct Terminal: Sendable {
    /// Whether standard output shows colour.
    let hasColour: Bool
    /// Whether standard error can show a line that changes.
    let isLive: Bool
    /// Columns of output.
    static let width = 80

    init() {
        let environment = ProcessInfo.processInfo.environment
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        hasColour = isatty(STDOUT_FILENO) == 1 && !isPlain
        isLive = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    }

    /// Writes a line to standard output.
    func print(_ line: String) { Terminal.write(line + "\n", to: STDOUT_FILENO) }

    /// Writes a line to standard error.
    func error(_ line: String) { Terminal.write(line + "\n", to: STDERR_FILENO) }

    /// Replaces the live line on standard error.
    func replaceLine(_ line: String) {
        if isLive { Terminal.write("\r\u{1B}[2K" + String(line.prefix(Terminal.width - 1)), to: STDERR_FILENO) }
    }

    func bold(_ text: String) -> String { hasColour ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    func dim(_ text: String) -> String { hasColour ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
    func warn(_ text: String) -> String { hasColour ? "\u{1B}[33m\(text)\u{1B}[0m" : text }

    /// A note, wrapped, its label in front.
    func note(_ text: String) -> [String] {
        text.wrapped(Terminal.width - 9).split(separator: "\n").enumerated().map { position, line in
            (position == 0 ? warn("Note".left(9)) : String(repeating: " ", count: 9)) + line
        }
    }

    /// Writes all of it; a reader that went away ends the process quietly, as with other filters.
    static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    /// As `write(_:to:)`, with bytes.
    static func write(_ text: [UInt8], to descriptor: Int32) {
        var bytes = text[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}

extension String {
    /// Padded with blanks on the right.
    func left(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// Padded with blanks on the left.
    func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    /// Cut to a width, with a mark where something is gone.
    func fitted(_ width: Int) -> String { count <= width ? self : String(prefix(max(0, width - 1))) + "…" }

    /// Broken at blanks into lines of at most `width`; lines after the first begin with `indent` blanks.
    func wrapped(_ width: Int = Terminal.width, indent: Int = 0) -> String {
        var lines: [String] = []
        var line = ""
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            } else {
                line += (line.isEmpty ? "" : " ") + word
            }
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
