import ApusCore
import ApusKernels

/// The rows that one tree is grown on, drawn without replacement: bit i % 8 of byte i / 8 for row i.
final class RowSample: @unchecked Sendable {
    /// The bits; the last byte is padded with zeros.
    let mask: LargeMemory<UInt8>
    private let count: Int

    /// Bytes of one task.
    private static let chunk = 2048

    /// Draws each row with probability `share`, to 16 bits, by its id. Nil for all rows.
    init?(_ share: Double, of rowIDs: Buffer<Int64>, _ random: CounterRandom, kernels: Kernels) {
        guard share < 1 else { return nil }
        let count = rowIDs.count
        self.count = count
        mask = LargeMemory(count / 8 + 2)
        let limit = UInt32(max(1, (share * 0x1p16).rounded()))
        nonisolated(unsafe) let target = mask.pointer
        let bytes = (count + 7) / 8
        let chunk = RowSample.chunk
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

    /// The numbers of the rows in ascending order, in memory for more of them, and how many they are.
    func list(
        capacity: Int, reusing spare: LargeMemory<UInt32>?, _ kernels: Kernels
    ) -> (rows: LargeMemory<UInt32>, count: Int) {
        let (bytes, chunk) = ((count + 7) / 8, RowSample.chunk)
        let parts = (bytes + chunk - 1) / chunk
        nonisolated(unsafe) let mask = mask.pointer
        @Sendable func range(_ part: Int) -> Range<Int> { part * chunk..<min(bytes, (part + 1) * chunk) }
        let counts = ResultSlots<Int>(parts)
        kernels.parallelFor(parts) { part in
            counts[part] = range(part).reduce(0) { $0 + mask[$1].nonzeroBitCount }
        }
        var starts = [0]
        for count in counts.values { starts.append(starts[starts.count - 1] + count) }
        let rows = LargeMemory.of(max(capacity, starts[parts]), reusing: spare)
        nonisolated(unsafe) let target = rows.pointer
        kernels.parallelFor(parts) { [starts] part in
            var place = starts[part]
            for byte in range(part) {
                var bits = mask[byte]
                while bits != 0 {
                    target[place] = UInt32(truncatingIfNeeded: 8 * byte + bits.trailingZeroBitCount)
                    place += 1
                    bits &= bits - 1
                }
            }
        }
        return (rows, starts[parts])
    }
}
