import ApusCore
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

    /// Writes a line to standard output; throws where it cannot be written.
    func print(_ line: String) throws { try Array((line + "\n").utf8).withUnsafeBytes { try Terminal.print($0) } }

    /// Writes bytes to standard output; throws where they cannot be written.
    static func print(_ bytes: UnsafeRawBufferPointer) throws {
        guard write(bytes, to: STDOUT_FILENO) else {
            throw ApusError("it cannot be written: \(String(cString: strerror(errno)))", at: "standard output")
        }
    }

    /// Writes a line to standard error.
    func error(_ line: String) { Terminal.show(line + "\n") }

    /// Replaces the live line on standard error.
    func replaceLine(_ line: String) {
        guard isLive else { return }
        Terminal.show("\r\u{1B}[2K" + line.prefix(Terminal.width - 1))
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

    private static func show(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { write($0, to: STDERR_FILENO) }
    }

    /// Writes all of it, waiting where the other side is slow; false where that fails.
    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let chunk = UnsafeRawBufferPointer(rebasing: rest)
            let written = Foundation.write(descriptor, chunk.baseAddress, chunk.count)
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, 1_000)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}

extension String {
    /// Padded with blanks on the right.
    func left(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// Padded with blanks on the left.
    func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    /// With a capital at the start.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }

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
