import ApusCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file's bytes, mapped into memory: pages are read when they are first touched and shared between processes.
///
/// Replacing the file by rename, as artifacts are, leaves the map intact; cutting it in place does not.
final class MappedFile {
    private let base: UnsafeMutableRawPointer
    private let count: Int

    private init(_ base: UnsafeMutableRawPointer, count: Int) {
        self.base = base
        self.count = count
    }

    deinit { munmap(base, count) }

    /// The bytes of a regular file. Throws where there is none or it cannot be read.
    static func bytes(of path: String) throws -> Buffer<UInt8> {
        // A pipe without a writer must not make it wait.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ApusError(
                status.st_mode & S_IFMT == S_IFDIR ? "this is a folder" : "this is not a regular file", at: path,
                remedy: "Name an artifact, a file written by apus train.")
        }
        let count = Int(status.st_size)
        guard count > 0 else { return Buffer([]) }
        guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw failure(path, errno)
        }
        return Buffer(
            owner: MappedFile(base, count: count),
            unsafePointer: UnsafePointer(base.assumingMemoryBound(to: UInt8.self)),
            count: count)
    }

    private static func failure(_ path: String, _ code: Int32) -> ApusError {
        code == ENOENT
            ? ApusError(
                "there is no such file", at: path, remedy: Nearest.suggestion(forFile: path) ?? "Check the path.")
            : ApusError("cannot read: \(String(cString: strerror(code)))", at: path)
    }
}
