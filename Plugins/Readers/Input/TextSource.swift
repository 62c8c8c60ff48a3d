import ApusCore
import ApusKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `open(2)`, whose name the methods below hide. A named pipe that nobody writes to yet opens at once; what waits for
/// its first bytes can be cancelled.
private func openDescriptor(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }

/// Brings a source's bytes into memory: files are mapped, streams spooled, gzip is unpacked whatever its name.
enum TextSource {
    static func load(_ source: Source, in context: RunContext) throws -> TextBytes {
        switch source {
        case .file(let path): try unpacked(open(path, context), context)
        case .bytes(let bytes, _): try unpacked(bytes.withUnsafeBufferPointer { TextBytes(copying: $0) }, context)
        case .standardInput: try unpacked(spool(STDIN_FILENO, context), context)
        }
    }

    /// Bytes that need no memory of their own: a plain file, mapped, or what is in memory already. Throws for what can be
    /// read only once, and for what is packed.
    static func loadInPlace(_ source: Source) throws -> TextBytes {
        let text: TextBytes
        switch source {
        case .bytes(let bytes, _): text = bytes.withUnsafeBufferPointer { TextBytes(copying: $0) }
        case .standardInput:
            throw ApusError(
                "it can be read only once, and a stream is read again in each pass",
                remedy: "Write it to a file first, and give that.", kind: .usage)
        case .file(let path):
            let descriptor = openDescriptor(path)
            guard descriptor >= 0 else { throw failure(opening: path, errno) }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw failure(opening: path, errno) }
            if status.st_mode & S_IFMT == S_IFDIR { throw folder(path) }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw ApusError(
                    "it is no plain file, and a stream is read again in each pass",
                    remedy: "Write it to a file first, and give that.", kind: .usage)
            }
            text = try TextBytes(mapping: descriptor, count: Int(status.st_size))
        }
        guard !Gunzip.isGzip(text[0..<text.count]) else {
            throw ApusError(
                "it is packed, and a stream is read in place", remedy: "Unpack it first: gunzip -k FILE.",
                kind: .usage)
        }
        return text
    }

    private static func unpacked(_ text: TextBytes, _ context: RunContext) throws -> TextBytes {
        guard Gunzip.isGzip(text[0..<text.count]) else { return text }
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return try Gunzip.unpack(text, limit: max(memory / 2, 1 << 28), check: context.checkCancellation)
    }

    private static func open(_ path: String, _ context: RunContext) throws -> TextBytes {
        let descriptor = openDescriptor(path)
        guard descriptor >= 0 else { throw failure(opening: path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(opening: path, errno) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: throw folder(path)
        case S_IFREG where status.st_size > 0:
            return try TextBytes(mapping: descriptor, count: Int(status.st_size))
        default: return try spool(descriptor, context)
        }
    }

    /// Reads a stream to its end. A stream that is silent is left when the work is cancelled.
    private static func spool(_ descriptor: Int32, _ context: RunContext) throws -> TextBytes {
        var spool = try TextSpool()
        var isAtEnd = false
        while !isAtEnd {
            try context.checkCancellation()
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&request, 1, 200)
            if ready < 0, errno != EINTR { throw failure(reading: errno) }
            guard ready > 0 else { continue }
            try spool.append(room: 1 << 16) { target in
                let count = read(descriptor, target.baseAddress, min(target.count, 1 << 20))
                if count < 0, errno != EINTR, errno != EAGAIN { throw failure(reading: errno) }
                isAtEnd = count == 0
                return max(count, 0)
            }
        }
        return TextBytes(spool)
    }

    private static func failure(reading code: Int32) -> ApusError {
        ApusError("it cannot be read: \(String(cString: strerror(code)))")
    }

    /// Why a file cannot be opened.
    static func failure(opening path: String, _ code: Int32) -> ApusError {
        switch code {
        case ENOENT, ENOTDIR:
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            let parent = path.hasPrefix("/") && folder.isEmpty ? "/" : folder.isEmpty ? "." : folder
            guard Nearest.files(in: parent) != nil else {
                return ApusError("there is no such file, and no folder '\(parent)' either")
            }
            return ApusError("there is no such file", remedy: Nearest.suggestion(forFile: path) ?? "")
        case EACCES, EPERM:
            return ApusError(
                "you are not allowed to read it", remedy: "Ask its owner for read permission: ls -l shows who that is.")
        default:
            return ApusError("it cannot be opened: \(String(cString: strerror(code)))")
        }
    }

    private static func folder(_ path: String) -> ApusError {
        let names = (Nearest.files(in: path) ?? []).sorted()
        let table = names.first { name in [".csv", ".tsv", ".csv.gz", ".data"].contains { name.hasSuffix($0) } }
        return ApusError(
            "it is a folder, not a file",
            remedy: (table ?? names.first).map { "Give one of the files in it, such as '\($0)'." } ?? "It is empty.")
    }
}
