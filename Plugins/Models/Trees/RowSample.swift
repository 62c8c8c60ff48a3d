import ApusCore
import ApusKernels

/// The rows that one tree is grown on, drawn without replacement: bit i % 8 of byte i / 8 for row i.
final class RowSample: @unchecked Sendable {
    /// The bits; the last byte is padded with zeros.
    let mask: LargeMemory<UInt8>

    /// Draws each row with probability `share` for iteration number `iteration`, by its id. Nil for all rows.
    init?(_ share: Double, of rowIDs: Buffer<Int64>, iteration: Int, kernels: Kernels, context: RunContext) {
        guard share < 1 else { return nil }
        let count = rowIDs.count
        mask = LargeMemory(count / 8 + 2)
        let random = context.random("trees.rows.\(iteration)")
        let limit = UInt64(share * 0x1p32)
        nonisolated(unsafe) let target = mask.pointer
        let bytes = (count + 7) / 8
        let chunk = 2048
        kernels.parallelFor((bytes + chunk - 1) / chunk) { task in
            for byte in task * chunk..<min(bytes, (task + 1) * chunk) {
                var bits: UInt8 = 0
                for row in 8 * byte..<min(count, 8 * byte + 8) {
                    let drawn = random[Int(truncatingIfNeeded: rowIDs.unsafePointer[row])] >> 32 < limit
                    if drawn { bits |= 1 << UInt8(row & 7) }
                }
                target[byte] = bits
            }
        }
        withExtendedLifetime(rowIDs) {}
    }
}
