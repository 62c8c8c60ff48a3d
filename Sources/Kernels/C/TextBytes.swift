import ApusCore
import CKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Bytes of a text with 64 readable bytes on either side, as the text kernels ask for, and a line feed at the end.
///
/// A file is mapped, not read: its pages are private, so the line feed that may have to be added stays in memory.
public final class TextBytes: @unchecked Sendable {
    /// The first byte.
    public let start: UnsafePointer<UInt8>
    /// The number of bytes that the source holds.
    public let count: Int
    /// The number of bytes with the closing line feed; equal to `count` if the source ends in one, or is empty.
    public let terminatedCount: Int
    private let release: () -> Void
    /// The first byte, if it is the first of a file's mapped pages.
    private var mapping: UnsafeMutableRawPointer?

    private static let padding = 64

    /// Takes over what `release` frees; `start[count]` must be writable.
    private init(start: UnsafeMutablePointer<UInt8>, count: Int, release: @escaping () -> Void) {
        self.start = UnsafePointer(start)
        self.count = count
        self.release = release
        if count > 0, start[count - 1] != 0x0A {
            start[count] = 0x0A
            terminatedCount = count + 1
        } else {
            terminatedCount = count
        }
    }

    /// A copy of bytes in memory.
    public convenience init(copying bytes: some Collection<UInt8>) {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 2 * Self.padding)
        memory.initialize(repeating: 0, count: Self.padding)
        let start = memory + Self.padding
        _ = UnsafeMutableBufferPointer(start: start, count: bytes.count).initialize(fromContentsOf: bytes)
        (start + bytes.count).initialize(repeating: 0, count: Self.padding)
        self.init(start: start, count: bytes.count) { memory.deallocate() }
    }

    /// The contents of an open regular file of `count` bytes. Throws where it cannot be mapped.
    public convenience init(mapping descriptor: Int32, count: Int) throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let whole = (count + page - 1) / page * page
        // A page of its own before and after the file, reserved with it.
        let size = whole + 2 * page
        guard
            let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else { throw ApusError("it cannot be mapped into memory: \(String(cString: strerror(errno)))") }
        if count > 0 {
            let mapped = mmap(memory + page, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, descriptor, 0)
            guard mapped != MAP_FAILED else {
                let reason = String(cString: strerror(errno))
                munmap(memory, size)
                throw ApusError("it cannot be mapped into memory: \(reason)")
            }
        }
        let start = (memory + page).assumingMemoryBound(to: UInt8.self)
        self.init(start: start, count: count) { munmap(memory, size) }
        if count > 0 { mapping = memory + page }
    }

    /// Takes over what a spool has gathered.
    public convenience init(_ spool: consuming TextSpool) {
        let (memory, count) = spool.take()
        (memory + Self.padding + count).initialize(repeating: 0, count: Self.padding)
        self.init(start: memory + Self.padding, count: count) { free(memory) }
    }

    /// Lets go of a mapped file's pages in `range`: reading them again costs a look into the system's cache, or the disk.
    /// The page of the closing line feed may differ from the file and stays.
    package func forget(_ range: Range<Int>) {
        guard let mapping else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let (first, last) = (range.lowerBound / page * page, min(range.upperBound, count - 1) / page * page)
        if first < last { madvise(mapping + first, last - first, MADV_DONTNEED) }
    }

    deinit { release() }

    /// The bytes in `range`.
    public subscript(range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= terminatedCount, "range outside the text")
        return UnsafeBufferPointer(start: start + range.lowerBound, count: range.count)
    }

    /// The number, from 1, of the line that holds the byte at `offset`. Cost: one pass over what stands before it.
    public func line(at offset: Int) -> Int {
        1 + self[0..<min(offset, terminatedCount)].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
    }
}

extension TextBytes {
    /// What a cell reads as.
    public enum Reading: Sendable, Equatable {
        /// A finite number.
        case number
        /// An infinity, or a number beyond the largest double.
        case infinity
        /// An ISO 8601 date or time.
        case timestamp
        /// Anything else.
        case text
    }

    /// The finite number that the bytes in `range`, which has no blanks around it, spell; nil if they spell none.
    public func number(in range: Range<Int>) -> Double? {
        precondition(range.lowerBound >= 0 && range.upperBound <= terminatedCount, "range outside the text")
        var value = 0.0
        return ck_number_parse(ck_cpu(), range.count, start + range.lowerBound, &value) == 0 ? value : nil
    }

    /// The microseconds since 1970-01-01 UTC that an ISO 8601 date or time means; nil if `cell` is none.
    public static func timestamp(_ cell: String) -> Int64? {
        let text = TextBytes(copying: Array(cell.utf8))
        var time: Int64 = 0
        return ck_timestamp_cell(text.count, text.start, &time) == 0 ? time : nil
    }

    /// What the bytes in `range`, which has no blanks around it, read as.
    public func reading(of range: Range<Int>) -> Reading {
        var value = 0.0
        var time: Int64 = 0
        return switch ck_number_parse(ck_cpu(), range.count, start + range.lowerBound, &value) {
        case 0: .number
        case 2: .infinity
        default: ck_timestamp_cell(range.count, start + range.lowerBound, &time) == 0 ? .timestamp : .text
        }
    }
}
