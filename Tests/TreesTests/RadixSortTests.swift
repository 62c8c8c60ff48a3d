import ApusCore
import ApusTrees
import Testing

/// Sorted numbers are those that the standard library sorts, whatever their bits have in common.
@Suite struct RadixSortTests {
    private static let random = CounterRandom(seed: 4, purpose: "sorting")

    private static let makers: [(name: String, make: @Sendable (Int) -> Double)] = [
        ("spread evenly", { random.unit($0) - 0.5 }),
        ("whole", { Double(random.below(1000, $0)) - 500 }),
        ("all equal", { _ in 2.5 }),
        ("of as many values as are counted", { Double(random.below(64, $0)) - 32 }),
        ("of one more", { Double(random.below(65, $0)) - 32 }),
        ("of every size", { Double(bitPattern: random[$0] & ~(0x7ff << 52) | UInt64(random.below(2047, $0)) << 52) }),
        ("equal in their upper bits", { 1 + Double(random.below(1 << 20, $0)) * 0x1p-52 }),
        ("descending in their lower bits", { -1 - Double($0) * 0x1p-50 }),
        (
            "few, and hostile",
            { [Double.infinity, -.infinity, 0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude][$0 % 5] }
        ),
    ]

    @Test(arguments: [0, 1, 2, 3, 100, 5000])
    func `numbers are sorted`(count: Int) {
        for (name, make) in Self.makers {
            let values = (0..<count).map(make)
            var (sorted, scratch) = (values, values)
            sorted.withUnsafeMutableBufferPointer { sorted in
                scratch.withUnsafeMutableBufferPointer { RadixSort.sort(sorted, scratch: $0) }
            }
            #expect(sorted.map(\.bitPattern) == values.sorted().map(\.bitPattern), "\(name), \(count)")
        }
    }
}
