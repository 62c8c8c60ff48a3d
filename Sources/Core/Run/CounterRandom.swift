/// Random numbers by position: the number at an index depends on seed, purpose and index alone, never on what was
/// drawn before, so that neither threads nor order matter.
///
/// Philox4x32-10. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
public struct CounterRandom: Sendable {
    private let seed: UInt64
    private let stream: UInt64

    /// The numbers for one purpose under one seed.
    public init(seed: UInt64, purpose: String) {
        self.seed = seed
        // FNV-1a, 64 bits.
        stream = purpose.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// 64 random bits.
    public subscript(index: Int) -> UInt64 {
        let words = words(index)
        return UInt64(words.0) << 32 | UInt64(words.1)
    }

    /// All 128 random bits of an index, for loops that draw many small numbers; the first two words are its 64 bits.
    @inline(__always)
    public func words(_ index: Int) -> (UInt32, UInt32, UInt32, UInt32) {
        CounterRandom.philox(
            counter: (
                UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
                UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)
            ),
            key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    }

    /// Fills `target` with the words of the indices from `first` on, four an index: what `words` gives, in bulk.
    public func fill(_ target: UnsafeMutableBufferPointer<UInt32>, from first: Int) {
        let whole = target.count / 4
        for block in 0..<whole {
            let words = words(first &+ block)
            target[4 * block] = words.0
            target[4 * block + 1] = words.1
            target[4 * block + 2] = words.2
            target[4 * block + 3] = words.3
        }
        let rest = words(first &+ whole)
        for (position, word) in zip(4 * whole..<target.count, [rest.0, rest.1, rest.2, rest.3]) {
            target[position] = word
        }
    }

    /// A number in `0 ..< 1` with 53 random bits.
    public func unit(_ index: Int) -> Double { Double(self[index] >> 11) * 0x1p-53 }

    /// A whole number in `0 ..< bound`.
    public func below(_ bound: Int, _ index: Int) -> Int {
        Int(self[index].multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// The numbers `0 ..< count` in random order (Fisher–Yates).
    public func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for position in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(position, below(position + 1, position))
        }
        return order
    }

    @inline(__always)
    package static func philox(
        counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = key
        for _ in 0..<10 {
            let (high0, low0) = c0.multipliedFullWidth(by: 0xd251_1f53)
            let (high1, low1) = c2.multipliedFullWidth(by: 0xcd9e_8d57)
            (c0, c1, c2, c3) = (high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0)
            k0 &+= 0x9e37_79b9
            k1 &+= 0xbb67_ae85
        }
        return (c0, c1, c2, c3)
    }
}
