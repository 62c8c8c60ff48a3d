import Foundation
import Testing

/// The built `apus`, run as a process of its own in a folder of its own.
final class Tool {
    /// What a run left.
    struct Outcome {
        var status: Int32
        var output: String
        var error: String
    }

    /// The folder that it runs in; it goes with this object.
    let folder = FileManager.default.temporaryDirectory.appending(path: "apus-cli-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The binary beside the test bundle, which `swift test` builds with it.
    static let binary: URL? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folders = [
            URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent(),
            package.appending(path: ".build/release"), package.appending(path: ".build/debug"),
        ]
        return folders.map { $0.appending(path: "apus") }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
    }()

    /// Runs `apus` with `arguments`.
    func apus(_ arguments: String..., input: String = "") throws -> Outcome {
        try run([try #require(Tool.binary, "the binary is not built").path] + arguments, input: input)
    }

    /// Runs any command; a status of its own is no error.
    func run(_ command: [String], input: String = "") throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = folder
        // Files, not pipes: a full pipe would wait for a reader.
        let streams = ["input", "output", "error"].map { folder.appending(path: ".\($0)-\(UUID().uuidString)") }
        defer { for stream in streams { try? FileManager.default.removeItem(at: stream) } }
        try Data(input.utf8).write(to: streams[0])
        try Data().write(to: streams[1])
        try Data().write(to: streams[2])
        process.standardInput = try FileHandle(forReadingFrom: streams[0])
        process.standardOutput = try FileHandle(forWritingTo: streams[1])
        process.standardError = try FileHandle(forWritingTo: streams[2])
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: try Data(contentsOf: streams[1]), as: UTF8.self),
            error: String(decoding: try Data(contentsOf: streams[2]), as: UTF8.self))
    }

    /// Starts a process as a shell does, with no signal blocked or ignored: this one may block or ignore some, and
    /// children inherit that.
    static func start(_ process: Process) throws {
        var (none, own) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &own)
        let former = [SIGINT, SIGTERM, SIGHUP].map { (number: $0, handler: signal($0, SIG_DFL)) }
        defer {
            for (number, handler) in former { signal(number, handler) }
            pthread_sigmask(SIG_SETMASK, &own, nil)
        }
        try process.run()
    }

    /// Starts `apus train` with `arguments` and ends it by `signal` once its checkpoint is there.
    func interrupt(
        by signal: Int32, output: String, _ arguments: [String]
    ) throws -> (status: Int32, error: String) {
        let process = Process()
        process.executableURL = Tool.binary
        process.arguments = ["train"] + arguments + ["-o", output, "--quiet"]
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        let log = folder.appending(path: "log")
        try Data().write(to: log)
        process.standardError = try FileHandle(forWritingTo: log)
        try Tool.start(process)
        let checkpoint = folder.appending(path: output.replacing(".apus", with: ".checkpoint"))
        while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint.path) { usleep(1_000) }
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: log, encoding: .utf8))
    }

    /// Writes a file of `lines`.
    func write(_ name: String, _ lines: [String]) throws {
        try write(name, Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    /// Writes a file of `bytes`.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: folder.appending(path: name))
    }

    /// The bytes of a file.
    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: name))) }

    /// The names of the files that are not hidden by this type.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
}

extension String {
    /// One line, however it was wrapped.
    var unwrapped: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
