#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file that appears whole or not at all: written beside its place under another name, synced, then renamed.
///
/// A file that is dropped before `commit()`, by an error or a cancellation, leaves nothing behind. A path that leads
/// to a device or a pipe is written to directly.
public final class AtomicFile {
    /// Where the file will appear; symbolic links are followed.
    public let path: String
    private let force: Bool
    private var descriptor: Int32
    /// The name while it is written; nil where the path is no regular file.
    private var temporaryPath: String?

    /// Opens a file that will appear at `path`. Throws where that cannot be written, or where a file stands there and
    /// `force` does not allow to replace it.
    public init(_ path: String, force: Bool = false) throws {
        guard !path.isEmpty else { throw ApusError("cannot write: the path is empty", remedy: "Name a file to write.") }
        self.force = force
        var status = stat()
        let exists = stat(path, &status) == 0
        if exists, status.st_mode & S_IFMT == S_IFDIR {
            throw ApusError("this is a folder", at: path, remedy: "Name a file to write.")
        }
        if exists, status.st_mode & S_IFMT != S_IFREG {
            self.path = path
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
            if descriptor < 0 { throw AtomicFile.failure(path, errno) }
            return
        }
        if exists, !force { throw AtomicFile.standsInTheWay(path) }
        self.path = exists ? AtomicFile.resolved(path) : path
        let (folder, name) = AtomicFile.split(self.path)
        let temporaryPath = "\(folder)/.\(name.prefix(100)).\(getpid())-\(UInt32.random(in: 0...(.max))).tmp"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw AtomicFile.failure(path, errno) }
        self.temporaryPath = temporaryPath
    }

    deinit { discard() }

    /// Appends bytes. Throws where the medium refuses them, such as a full disk; nothing is left behind then.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard descriptor >= 0 else { throw ApusError("the file is closed", at: path) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest))
            if written < 0 {
                if errno == EINTR { continue }
                let error = AtomicFile.failure(path, errno)
                discard()
                throw error
            }
            rest = rest.dropFirst(written)
        }
    }

    /// Appends the UTF-8 of a text; throws as for bytes.
    public func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// Syncs what was written and puts it into its place. Throws where that fails; nothing is left behind then.
    public func commit() throws {
        guard descriptor >= 0 else { throw ApusError("the file is closed", at: path) }
        defer { discard() }
        // Devices and some file systems cannot sync.
        if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP { throw AtomicFile.failure(path, errno) }
        let closed = close(descriptor)
        descriptor = -1
        if closed != 0 { throw AtomicFile.failure(path, errno) }
        guard let temporaryPath else { return }
        try place(temporaryPath)
        self.temporaryPath = nil
        let folder = open(AtomicFile.split(path).folder, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    /// Writes a whole file from bytes that are at hand.
    public static func write(_ bytes: UnsafeRawBufferPointer, to path: String, force: Bool = false) throws {
        let file = try AtomicFile(path, force: force)
        try file.write(bytes)
        try file.commit()
    }

    /// Writes a whole text file.
    public static func write(_ text: String, to path: String, force: Bool = false) throws {
        let file = try AtomicFile(path, force: force)
        try file.write(text)
        try file.commit()
    }

    private func place(_ temporaryPath: String) throws {
        if !force {
            // A link, unlike a rename, refuses to replace a file that came in the meantime.
            if link(temporaryPath, path) == 0 {
                unlink(temporaryPath)
                return
            }
            if errno == EEXIST { throw AtomicFile.standsInTheWay(path) }
        }
        if rename(temporaryPath, path) != 0 { throw AtomicFile.failure(path, errno) }
    }

    private func discard() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        if let temporaryPath { unlink(temporaryPath) }
        temporaryPath = nil
    }

    private func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func split(_ path: String) -> (folder: String, name: Substring) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path[...]) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), path[path.index(after: slash)...])
    }

    private static func standsInTheWay(_ path: String) -> ApusError {
        ApusError("a file stands here already", at: path, remedy: "Overwrite it with --force, or name another.")
    }

    private static func failure(_ path: String, _ code: Int32) -> ApusError {
        let reason = String(cString: strerror(code))
        let remedy =
            switch code {
            case ENOSPC, EDQUOT, EFBIG: "Free some space, or write to another disk."
            case ENOENT, ENOTDIR: "Create the folder first."
            case EACCES, EPERM, EROFS: "Write to a folder that you may write to."
            default: ""
            }
        return ApusError("cannot write: \(reason)", at: path, remedy: remedy)
    }
}
