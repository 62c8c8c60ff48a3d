/// A set of columns; empty ones take no memory.
struct ColumnSet: Sendable {
    private var words: [UInt64] = []

    /// Whether `column` is in the set.
    @inline(__always)
    func contains(_ column: Int) -> Bool {
        column >> 6 < words.count && words[column >> 6] >> UInt64(column & 63) & 1 == 1
    }

    /// Adds `column`, one of `count`.
    mutating func insert(_ column: Int, of count: Int) {
        if words.isEmpty { words = [UInt64](repeating: 0, count: (count + 63) / 64) }
        words[column >> 6] |= 1 << UInt64(column & 63)
    }
}
