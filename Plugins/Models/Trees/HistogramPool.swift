import ApusKernels

/// Histograms of leaves that may still be split; bounded, so that wide tables with many leaves stay in memory.
final class HistogramPool: @unchecked Sendable {
    /// Cells of one histogram.
    let cells: Int
    private let limit: Int
    private var buffers: [UnsafeMutablePointer<UInt64>] = []
    private var free: [Int] = []

    /// Bytes that histograms may take in all, as long as four of them fit.
    private static let budget = 256 << 20

    /// A pool for `columns` columns, empty at first.
    init(columns: Int) {
        cells = max(1, columns) * TreeLayout.stride
        limit = max(4, HistogramPool.budget / (cells * 8))
    }

    deinit { for buffer in buffers { buffer.deallocate() } }

    /// A slot with unspecified cells; nil if all are taken.
    func take() -> Int? {
        if let slot = free.popLast() { return slot }
        guard buffers.count < limit else { return nil }
        buffers.append(.allocate(capacity: cells))
        return buffers.count - 1
    }

    /// Gives a slot back.
    func give(_ slot: Int) { free.append(slot) }

    /// The cells of a slot.
    func pointer(_ slot: Int) -> UnsafeMutablePointer<UInt64> { buffers[slot] }
}
