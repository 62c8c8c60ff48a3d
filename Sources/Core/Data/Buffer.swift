/// Immutable, 64-byte aligned memory of `count` elements, shared by reference: copying a buffer copies no element.
///
/// The layout is Arrow's values buffer, so that a column can cross a C interface without a copy.
public struct Buffer<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    private let memory: AnyObject
    /// The first element. Valid while this buffer, or a slice of it, is alive.
    public let unsafePointer: UnsafePointer<Element>
    /// The number of elements.
    public let count: Int

    /// A buffer over memory that `owner` keeps alive and nobody changes any more.
    public init(owner: AnyObject, unsafePointer: UnsafePointer<Element>, count: Int) {
        memory = owner
        self.unsafePointer = unsafePointer
        self.count = count
    }

    /// A new buffer whose elements `fill` writes; all of them, as they start uninitialised.
    public init(count: Int, fill: (UnsafeMutableBufferPointer<Element>) throws -> Void) rethrows {
        let memory = AlignedMemory(byteCount: count * MemoryLayout<Element>.stride)
        let base = memory.base.bindMemory(to: Element.self, capacity: count)
        try fill(UnsafeMutableBufferPointer(start: base, count: count))
        self.init(owner: memory, unsafePointer: UnsafePointer(base), count: count)
    }

    /// A copy of the elements of a collection.
    public init(_ elements: some Collection<Element>) {
        self.init(count: elements.count) { target in _ = target.initialize(fromContentsOf: elements) }
    }

    /// `count` times the same element.
    public init(repeating element: Element, count: Int) {
        self.init(count: count) { $0.initialize(repeating: element) }
    }

    /// The elements in `range`, without a copy.
    public func slice(_ range: Range<Int>) -> Buffer {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice outside the buffer")
        return Buffer(owner: memory, unsafePointer: unsafePointer + range.lowerBound, count: range.count)
    }

    /// Calls `body` with the elements.
    public func withUnsafeBufferPointer<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(memory) {} }
        return try body(UnsafeBufferPointer(start: unsafePointer, count: count))
    }
}

extension Buffer: RandomAccessCollection {
    /// Always 0.
    public var startIndex: Int { 0 }
    /// Always `count`.
    public var endIndex: Int { count }
    /// The element at `position`, which must be in `0 ..< count`.
    public subscript(position: Int) -> Element {
        precondition(position >= 0 && position < count, "index outside the buffer")
        return unsafePointer[position]
    }
    /// The elements as they lie in memory: copying a buffer then copies bytes.
    public func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result? {
        try withUnsafeBufferPointer(body)
    }
}

/// Owns 64-byte aligned bytes.
private final class AlignedMemory {
    let base: UnsafeMutableRawPointer

    init(byteCount: Int) { base = .allocate(byteCount: Swift.max(byteCount, 64), alignment: 64) }

    deinit { base.deallocate() }
}
