import ApusCore
import Foundation
import Testing

struct AtomicFileTests {
    private let folder: URL
    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "apus-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }
    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
    private func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing was thrown"
        } catch {
            return "\(error)"
        }
    }

    @Test func `appears only when it is committed, whole`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try AtomicFile(path("a.txt"))
        try file.write("one ")
        try file.write(String(repeating: "x", count: 300_000))
        #expect(!FileManager.default.fileExists(atPath: path("a.txt")))
        try file.commit()
        #expect(try text("a.txt") == "one " + String(repeating: "x", count: 300_000))
        #expect(try names() == ["a.txt"])
        #expect(message { try file.write("more") } == "\(path("a.txt")): the file is closed.")
    }

    @Test func `leaves nothing behind when it is dropped`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            let file = try AtomicFile(path("a.txt"))
            try file.write("half")
        }
        #expect(try names().isEmpty)
    }

    @Test func `a file in the way is kept, even one that came in the meantime`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let late = try AtomicFile(path("a.txt"))
        try late.write("late")
        try AtomicFile.write("early", to: path("a.txt"))
        #expect(message { try late.commit() }.contains("a file stands here already"))
        #expect(message { _ = try AtomicFile(path("a.txt")) }.contains("--force"))
        #expect(try text("a.txt") == "early")
        #expect(try names() == ["a.txt"])
        try AtomicFile.write("new", to: path("a.txt"), force: true)
        #expect(try text("a.txt") == "new")
    }

    @Test func `a symbolic link is followed, not replaced`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try AtomicFile.write("old", to: path("real.txt"))
        try FileManager.default.createSymbolicLink(atPath: path("link.txt"), withDestinationPath: "real.txt")
        try AtomicFile.write("new", to: path("link.txt"), force: true)
        #expect(try text("real.txt") == "new")
        #expect(try names() == ["link.txt", "real.txt"])
    }

    @Test func `places that cannot be written are refused with the reason`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(
            message { _ = try AtomicFile(folder.path, force: true) }
                == "\(folder.path): this is a folder. Name a file to write.")
        #expect(
            message { _ = try AtomicFile(path("no/such/a.txt")) }
                == "\(path("no/such/a.txt")): cannot write: No such file or directory. Create the folder first.")
        #expect(message { _ = try AtomicFile("") }.contains("cannot write"))
        let name = String(repeating: "n", count: 300)
        #expect(message { try AtomicFile.write("x", to: path(name)) }.contains("File name too long"))
        #expect(try names().isEmpty)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "no /dev/full here"))
    func `a full disk is reported, and the file is closed`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try AtomicFile("/dev/full")
        #expect(
            message { try file.write("x") }
                == "/dev/full: cannot write: No space left on device. Free some space, or write to another disk.")
        #expect(message { try file.commit() } == "/dev/full: the file is closed.")
    }
}
