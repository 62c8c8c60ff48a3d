import ApusCore
import ApusKernels

/// What the first pass over a svmlight text that is read in parts learns.
struct SVMLightSurvey {
    private(set) var rows = 0
    private(set) var entries = 0
    /// One more than the largest index; 0 without entries.
    private(set) var width = 0
    private(set) var leastIndex: Int?
    private(set) var hasQueries = false

    /// Reads all parts. Throws, with the line, where one breaks the format.
    init(_ text: TextBytes, _ parts: [[Range<Int>]], in context: RunContext) throws {
        for (index, part) in parts.enumerated() {
            let found = try SVMLightRows(text, part, in: context)
            context.send(Progress("survey", completed: index + 1, total: parts.count))
            guard found.count > 0 else { continue }
            if rows == 0 { hasQueries = found.queries != nil }
            guard hasQueries == (found.queries != nil) else { throw SVMLightRows.mixedQueries(text, part) }
            rows += found.count
            entries += found.entries.entryCount
            width = max(width, found.entries.width)
            if let least = found.leastIndex { leastIndex = min(leastIndex ?? least, least) }
        }
    }

    /// As `SparseRows.density`.
    var density: Double { width > 0 && rows > 0 ? Double(entries) / Double(width) / Double(rows) : 0 }

    /// The indices that have a column: from 1, or from 0 where that occurs.
    var indices: Range<Int> { leastIndex.map { min(1, $0)..<width } ?? 0..<0 }
}
