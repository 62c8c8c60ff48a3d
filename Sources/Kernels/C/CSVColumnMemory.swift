import CKernels

/// Memory for one column's values, 64-byte aligned, uninitialised.
public final class CSVColumnMemory: @unchecked Sendable {
    /// The first byte.
    public let base: UnsafeMutableRawPointer
    private let allocated: UnsafeMutableRawPointer

    /// Room for `byteCount` bytes. `index` staggers neighbours: columns that start at the same place in a page compete
    /// for the same cache lines when a row is written across them.
    init(byteCount: Int, index: Int) {
        let hugePage = 2 << 20
        let isLarge = byteCount >= 2 * hugePage
        let stagger = isLarge ? index % 16 * 192 : 0
        let size = byteCount + stagger + 64
        allocated = .allocate(byteCount: size, alignment: isLarge ? hugePage : 64)
        if isLarge { ck_advise_large_pages(allocated, size) }
        base = allocated + stagger
    }

    deinit { allocated.deallocate() }
}
