import ApusKernels

extension Kernels {
    /// The sums of a few rows of many. `body` writes them, a number a row, for a range of blocks of `ForestLayout.rows`
    /// rows: several at a time, so that a task's workspace is made once for many.
    func sumBlocks(
        of rows: Int, _ body: @Sendable (Range<Int>, UnsafeMutablePointer<Double>) -> Void
    ) -> [Double] {
        let (blocks, blocksOfTask) = (rows / ForestLayout.rows, 4)
        var sums = [Double](repeating: 0, count: rows)
        sums.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            nonisolated(unsafe) let sums = base
            parallelFor((blocks + blocksOfTask - 1) / blocksOfTask) { task in
                body(task * blocksOfTask..<min(blocks, (task + 1) * blocksOfTask), sums)
            }
        }
        return Array(sums.prefix(256))
    }
}
