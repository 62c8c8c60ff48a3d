import ApusCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Gathers bytes of unknown number in memory that doubles.
public struct TextSpool: ~Copyable {
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// The number of bytes gathered.
    public private(set) var count = 0

    /// Bytes kept free on either side, for kernels that read past the ends.
    fileprivate static let padding = 64

    /// An empty spool.
    public init() throws {
        capacity = 1 << 16
        memory = try Self.checked(malloc(capacity + 2 * Self.padding))
        memory.initialize(repeating: 0, count: Self.padding)
    }

    deinit { free(memory) }

    /// Calls `fill` with at least `room` free bytes; it returns how many of them it wrote.
    public mutating func append(
        room: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) throws -> Int
    ) throws {
        if capacity - count < room {
            var wanted = capacity
            while wanted - count < room {
                let (doubled, overflow) = wanted.multipliedReportingOverflow(by: 2)
                guard !overflow else { throw Self.exhausted }
                wanted = doubled
            }
            memory = try Self.checked(realloc(memory, wanted + 2 * Self.padding))
            capacity = wanted
        }
        let free = UnsafeMutableBufferPointer(start: memory + Self.padding + count, count: capacity - count)
        count += try fill(free)
    }

    /// The memory, to be freed by the caller, whose text starts after 64 bytes, and the number of bytes in it.
    consuming func take() -> (UnsafeMutablePointer<UInt8>, Int) {
        let result = (memory, count)
        discard self
        return result
    }

    private static func checked(_ memory: UnsafeMutableRawPointer?) throws -> UnsafeMutablePointer<UInt8> {
        guard let memory else { throw exhausted }
        return memory.assumingMemoryBound(to: UInt8.self)
    }

    private static var exhausted: ApusError {
        ApusError("there is not enough memory to hold it", remedy: "Give a file instead of a stream.")
    }
}
