/// How rows are split for a pass that sums: blocks that fit the cache, gathered into chunks that threads take.
///
/// Depends on the shape alone, so that sums are added in the same order on any number of threads.
package struct RowBlocks: Sendable {
    package let rows: Int
    package let blockRows: Int
    package let chunks: Int
    private let blocksInChunk: Int

    /// Blocks whose `rowBytes` sum to about `blockBytes`, in at most `maximumChunks` chunks whose partial results of
    /// `partialBytes` each stay under 64 MiB together.
    package init(
        rows: Int, rowBytes: Int, partialBytes: Int, blockBytes: Int = 128 << 10, minimumRows: Int = 16,
        maximumChunks: Int = 64
    ) {
        self.rows = rows
        let wanted = max(minimumRows, blockBytes / max(rowBytes, 1))
        // A multiple of 8 keeps every block's vectors aligned alike.
        blockRows = max(8, min(wanted, 8192) / 8 * 8)
        let blocks = (rows + blockRows - 1) / blockRows
        let affordable = max(1, (64 << 20) / max(partialBytes, 1))
        let limit = max(1, min(maximumChunks, affordable))
        blocksInChunk = max(1, (blocks + limit - 1) / limit)
        chunks = (blocks + blocksInChunk - 1) / blocksInChunk
    }

    /// The rows of a chunk.
    package func rows(of chunk: Int) -> Range<Int> {
        let size = blocksInChunk * blockRows
        return chunk * size..<min((chunk + 1) * size, rows)
    }

    /// The rows of each block of a chunk, in order.
    package func forEachBlock(of chunk: Int, _ body: (Range<Int>) -> Void) {
        for block in chunk * blocksInChunk..<(chunk + 1) * blocksInChunk {
            let start = block * blockRows
            if start >= rows { return }
            body(start..<min(start + blockRows, rows))
        }
    }
}
