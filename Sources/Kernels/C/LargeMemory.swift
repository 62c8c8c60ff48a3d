import CKernels

/// Uninitialised memory for arrays that kernels walk: 64-byte aligned, and on large pages where it is big.
package final class LargeMemory<Element: BitwiseCopyable>: @unchecked Sendable {
    /// The first element.
    package let pointer: UnsafeMutablePointer<Element>
    /// The number of elements.
    package let count: Int
    private let raw: UnsafeMutableRawPointer

    private static var page: Int { 2 << 20 }

    /// Memory of `count` elements.
    package init(_ count: Int) {
        let bytes = max(64, count * MemoryLayout<Element>.stride)
        let isBig = bytes >= 2 * LargeMemory.page
        raw = .allocate(byteCount: bytes, alignment: isBig ? LargeMemory.page : 64)
        if isBig { ck_advise_large_pages(raw, bytes) }
        pointer = raw.bindMemory(to: Element.self, capacity: count)
        self.count = count
    }

    /// Memory of at least `count` elements, whose contents do not matter: that of `spare`, which nobody else uses any more,
    /// where it is enough.
    package static func of(_ count: Int, reusing spare: LargeMemory?) -> LargeMemory {
        spare.flatMap { $0.count >= count ? $0 : nil } ?? LargeMemory(count)
    }

    deinit { raw.deallocate() }

    /// All elements.
    package var buffer: UnsafeMutableBufferPointer<Element> { UnsafeMutableBufferPointer(start: pointer, count: count) }
}
