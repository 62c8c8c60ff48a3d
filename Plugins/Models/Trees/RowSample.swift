import ApusCore
import ApusKernels
import Synchronization

/// The rows that one tree is grown on, drawn without replacement: bit i % 8 of byte i / 8 for row i.
final class RowSample: @unchecked Sendable {
    /// The bits; the last byte is padded with zeros.
    let mask: LargeMemory<UInt8>

    /// Draws each row with probability `share`, to 16 bits, by its id. Nil for all rows.
    init?(_ share: Double, of rowIDs: Buffer<Int64>, _ random: CounterRandom, kernels: Kernels) {
        guard share < 1 else { return nil }
        let count = rowIDs.count
        mask = LargeMemory(count / 8 + 2)
        let limit = UInt32(max(1, (share * 0x1p16).rounded()))
        nonisolated(unsafe) let target = mask.pointer
        let bytes = (count + 7) / 8
        let chunk = 2048
        kernels.parallelFor((bytes + chunk - 1) / chunk) { task in
            // One draw serves eight neighbouring ids.
            var (group, words) = (Int.min, SIMD4<UInt32>.zero)
            for byte in task * chunk..<min(bytes, (task + 1) * chunk) {
                var bits: UInt8 = 0
                for row in 8 * byte..<min(count, 8 * byte + 8) {
                    let id = Int(truncatingIfNeeded: rowIDs.unsafePointer[row])
                    if id >> 3 != group {
                        group = id >> 3
                        let drawn = random.words(group)
                        words = [drawn.0, drawn.1, drawn.2, drawn.3]
                    }
                    if words[id >> 1 & 3] >> UInt32(16 * (id & 1)) & 0xffff < limit { bits |= 1 << UInt8(row & 7) }
                }
                target[byte] = bits
            }
        }
        withExtendedLifetime(rowIDs) {}
    }
}

/// The rows that a tree is grown on.
struct TreeSample: Sendable {
    let rows: RowSample
    /// Their part of all rows, where only splits are searched on them: sums are extrapolated, and leaves get their values
    /// from all rows. Nil where the tree knows no others.
    let searchShare: Double?
}

/// Parts of all rows, on which the splits of one tree after another are searched. Drawing costs as much as a good part of
/// a tree: the trees of a few iterations share a sample as long as they ask for about as many rows.
final class SearchSamples: Sendable {
    private static let iterations = 4
    /// Shares are rounded up to so many steps.
    private static let steps = 32.0
    /// Searching on a larger part of the rows saves nothing.
    private static let largestShare = 0.75
    private let draw: @Sendable (_ share: Double, _ period: Int) -> RowSample?
    private let last = Mutex<(share: Double, period: Int, sample: TreeSample?)>((0, -1, nil))

    /// `draw` draws a part of the rows, for a number.
    init(_ draw: @escaping @Sendable (_ share: Double, _ period: Int) -> RowSample?) { self.draw = draw }

    /// At least `share` of the rows, which hangs on nothing but the share and the iteration; nil where that would save
    /// nothing.
    func sample(_ share: Double, iteration: Int) -> TreeSample? {
        guard share > 0, share <= SearchSamples.largestShare else { return nil }
        let share = (share * SearchSamples.steps).rounded(.up) / SearchSamples.steps
        let period = iteration / SearchSamples.iterations
        return last.withLock { last in
            if (last.share, last.period) != (share, period) {
                last = (share, period, draw(share, period).map { TreeSample(rows: $0, searchShare: share) })
            }
            return last.sample
        }
    }
}
