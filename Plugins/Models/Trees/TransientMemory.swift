import Foundation

/// Uninitialised numbers whose memory goes back to the system when they are no longer needed, if they are many: what is
/// freed in the usual way stays with the thread that asked for it, and counts until the process ends.
final class TransientMemory: @unchecked Sendable {
    /// The numbers.
    let buffer: UnsafeMutableBufferPointer<Double>
    private let mapped: UnsafeMutableRawPointer?

    private static let leastMapped = 1 << 20

    /// Memory of `count` numbers.
    init(_ count: Int) {
        let bytes = count * MemoryLayout<Double>.stride
        let pages =
            bytes < TransientMemory.leastMapped
            ? nil : mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        mapped = pages == MAP_FAILED ? nil : pages
        buffer =
            mapped.map {
                UnsafeMutableBufferPointer(start: $0.bindMemory(to: Double.self, capacity: count), count: count)
            }
            ?? .allocate(capacity: count)
    }

    deinit {
        if let mapped { munmap(mapped, buffer.count * MemoryLayout<Double>.stride) } else { buffer.deallocate() }
    }
}
