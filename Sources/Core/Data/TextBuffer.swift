/// Strings one behind another, in Arrow's layout: string `i` is `bytes[offsets[i] ..< offsets[i + 1]]`, UTF-8.
public struct TextBuffer: Sendable {
    /// `count + 1` ascending positions in `bytes`.
    public let offsets: Buffer<Int64>
    /// The UTF-8 of all strings.
    public let bytes: Buffer<UInt8>

    /// Over existing memory in this layout.
    public init(offsets: Buffer<Int64>, bytes: Buffer<UInt8>) {
        precondition(offsets.count > 0 && offsets[offsets.count - 1] <= bytes.count, "text outside its bytes")
        self.offsets = offsets
        self.bytes = bytes
    }

    /// A copy of `strings`.
    public init(_ strings: some Collection<String>) {
        var bytes: [UInt8] = []
        var offsets: [Int64] = [0]
        offsets.reserveCapacity(strings.count + 1)
        for string in strings {
            bytes.append(contentsOf: string.utf8)
            offsets.append(Int64(bytes.count))
        }
        self.init(offsets: Buffer(offsets), bytes: Buffer(bytes))
    }

    /// The number of strings.
    public var count: Int { offsets.count - 1 }

    /// String `index`; malformed UTF-8 is repaired.
    public subscript(index: Int) -> String {
        let range = Int(offsets[index])..<Int(offsets[index + 1])
        return String(
            decoding: UnsafeBufferPointer(start: bytes.unsafePointer + range.lowerBound, count: range.count),
            as: UTF8.self)
    }
}
