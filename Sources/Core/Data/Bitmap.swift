/// One bit a row in Arrow's layout: least significant bit first.
public struct Bitmap: Sendable {
    /// The bytes that hold the bits.
    public let bytes: Buffer<UInt8>
    /// The position of the first bit in `bytes`.
    public let offset: Int
    /// The number of bits.
    public let count: Int

    /// A bitmap over existing bytes.
    public init(bytes: Buffer<UInt8>, offset: Int = 0, count: Int) {
        precondition(offset >= 0 && count >= 0 && offset + count <= bytes.count * 8, "bitmap outside its bytes")
        self.bytes = bytes
        self.offset = offset
        self.count = count
    }

    /// A bitmap whose bit `i` is `bit(i)`.
    public init(count: Int, bit: (Int) throws -> Bool) rethrows {
        let bytes = try Buffer<UInt8>(count: (count + 7) / 8) { target in
            for byte in target.indices {
                var value: UInt8 = 0
                for position in 0..<Swift.min(8, count - byte * 8) where try bit(byte * 8 + position) {
                    value |= 1 << UInt8(position)
                }
                target[byte] = value
            }
        }
        self.init(bytes: bytes, count: count)
    }

    /// The bit at `index`.
    public subscript(index: Int) -> Bool {
        precondition(index >= 0 && index < count, "index outside the bitmap")
        let position = offset + index
        return bytes.unsafePointer[position >> 3] & (1 << UInt8(position & 7)) != 0
    }

    /// How many bits are set.
    public var setCount: Int {
        if offset & 7 == 0 {
            let first = offset >> 3
            let whole = count >> 3
            var total = 0
            for byte in first..<first + whole { total += bytes.unsafePointer[byte].nonzeroBitCount }
            for index in whole * 8..<count where self[index] { total += 1 }
            return total
        }
        return (0..<count).reduce(0) { $0 + (self[$1] ? 1 : 0) }
    }

    /// The bits in `range`, without a copy.
    public func slice(_ range: Range<Int>) -> Bitmap {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice outside the bitmap")
        return Bitmap(bytes: bytes, offset: offset + range.lowerBound, count: range.count)
    }
}
