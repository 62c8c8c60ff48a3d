import ApusCore
import ApusKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The rows of a svmlight text: memory in proportion to the entries.
struct SVMLightRows {
    let labels: Buffer<Double>
    /// The query of each row; nil if the rows have none.
    let queries: Buffer<Int64>?
    /// The entries by their indices, from 0 to the largest.
    let entries: SparseRows
    /// The least index of all; nil without entries.
    let leastIndex: Int?

    static let bytesInPart = 1 << 20
    private static let partsAtOnce = 64

    /// Reads every line, in parts on the pool. Throws, with the line, where one breaks the format.
    init(_ text: TextBytes, in context: RunContext) throws {
        try self.init(text, SVMLightRows.parts(of: text), in: context)
    }

    /// Reads the lines in `ranges`, one part each.
    init(_ text: TextBytes, _ ranges: [Range<Int>], in context: RunContext) throws {
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let room = try SVMLightRows.room(text, ranges, kernels, in: context)
        var parts = [SVMLightPart](repeating: SVMLightPart(), count: ranges.count)
        var values = Buffer<Double>([])
        let indices = try Buffer<Int32>(count: room.last ?? 0) { indices in
            values = try Buffer(count: indices.count) { values in
                guard let indices = indices.baseAddress, let values = values.baseAddress else { return }
                nonisolated(unsafe) let target = SVMLightPart.Entries(indices: indices, values: values)
                for first in stride(from: 0, to: ranges.count, by: Self.partsAtOnce) {
                    try context.checkCancellation()
                    parts.withUnsafeMutableBufferPointer { buffer in
                        nonisolated(unsafe) let parts = buffer
                        kernels.parallelFor(min(Self.partsAtOnce, ranges.count - first)) { place in
                            let part = first + place
                            parts[part] = SVMLightPart(text, ranges[part], into: target + room[part])
                            text.forget(ranges[part])
                        }
                    }
                    if let mistake = parts.compactMap(\.mistake).first { throw mistake }
                }
                // Where colons stand in comments or queries there is room between the parts.
                var next = 0
                for (part, start) in zip(parts, room) {
                    let count = part.ends.last ?? 0
                    if next < start {
                        (indices + next).update(from: indices + start, count: count)
                        (values + next).update(from: values + start, count: count)
                    }
                    next += count
                }
            }
        }
        let filled = parts.indices.filter { !parts[$0].labels.isEmpty }
        let hasQueries = filled.first.map { !parts[$0].queries.isEmpty } ?? false
        for part in filled where parts[part].queries.isEmpty == hasQueries {
            throw SVMLightRows.mixedQueries(text, [ranges[part]])
        }
        labels = Buffer(parts.flatMap(\.labels))
        queries = hasQueries ? Buffer(parts.flatMap(\.queries)) : nil
        let largest = parts.reduce(Int32(-1)) { max($0, $1.largest) }
        leastIndex = largest < 0 ? nil : Int(parts.reduce(Int32.max) { min($0, $1.least) })
        var offsets: [Int64] = [0]
        offsets.reserveCapacity(labels.count + 1)
        for part in parts {
            let start = offsets[offsets.count - 1]
            for end in part.ends { offsets.append(start + Int64(end)) }
        }
        let total = Int(offsets[offsets.count - 1])
        entries = try SparseRows(
            width: Int(largest) + 1, offsets: Buffer(offsets), indices: indices.slice(0..<total),
            values: values.slice(0..<total))
    }

    /// The error for lines that have queries where the others have none, or the other way round.
    static func mixedQueries(_ text: TextBytes, _ ranges: [Range<Int>]) -> ApusError {
        guard let range = ranges.first else { return SVMLightPart.mixedQueries(text, 0..<0) }
        var at = range.lowerBound
        let place = SVMLightPart.token(text, &at, range)
        return SVMLightPart.mixedQueries(text, place ?? at..<at)
    }

    /// Where the entries of each part go, and where those of the last end at most.
    private static func room(
        _ text: TextBytes, _ ranges: [Range<Int>], _ kernels: Kernels, in context: RunContext
    ) throws -> [Int] {
        var counts = [Int](repeating: 0, count: ranges.count)
        for first in stride(from: 0, to: ranges.count, by: partsAtOnce) {
            try context.checkCancellation()
            counts.withUnsafeMutableBufferPointer { counts in
                nonisolated(unsafe) let counts = counts
                kernels.parallelFor(min(partsAtOnce, ranges.count - first)) { place in
                    counts[first + place] = SVMLightPart.most(text, ranges[first + place])
                }
            }
        }
        return counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    }

    /// Stretches of whole lines, of about so many bytes.
    static func parts(of text: TextBytes, bytes: Int = bytesInPart) -> [Range<Int>] {
        let hasMark = text.count >= 3 && text[0..<3].elementsEqual([0xEF, 0xBB, 0xBF])
        var (start, ranges): (Int, [Range<Int>]) = (hasMark ? 3 : 0, [])
        while start < text.terminatedCount {
            var end = min(start + max(bytes, 1), text.terminatedCount)
            while text.start[end - 1] != 0x0A { end += 1 }
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }

    /// The number of rows.
    var count: Int { labels.count }

    /// `f1` and so on up to the largest index, from `f0` where index 0 occurs. Throws where memory would not hold as
    /// many columns.
    var featureNames: [String] {
        get throws {
            guard let leastIndex else { return [] }
            let range = min(1, leastIndex)..<entries.width
            let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
            let (cells, overflows) = count.multipliedReportingOverflow(by: range.count)
            guard !overflows, cells <= memory / 16 else {
                throw ApusError(
                    "\(count.grouped) rows of \(range.count.grouped) columns do not fit into half of this machine's memory",
                    remedy: "Read them as one vector (layout), or take fewer rows.")
            }
            return range.map { "f\($0)" }
        }
    }

    /// The index that a column's name stands for.
    static func index(of name: String) -> Int? {
        guard name.first == "f", let index = Int(name.dropFirst()), index >= 0, "f\(index)" == name else { return nil }
        return index
    }

    /// The columns of these names, `absent` where a row does not name an index.
    func columns(_ names: [String], absent: Double) -> [Buffer<Double>] {
        let slots = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        let slotOfIndex = (0..<entries.width).map { slots["f\($0)"] ?? -1 }
        let columns = names.map { _ in
            let column = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
            column.initialize(repeating: absent)
            return column
        }
        defer { for column in columns { column.deallocate() } }
        for row in 0..<count {
            for entry in entries.entries(of: row) {
                let slot = slotOfIndex[Int(entries.indices[entry])]
                if slot >= 0 { columns[slot][row] = entries.values[entry] }
            }
        }
        return columns.map { column in
            Buffer(count: count) { _ = $0.initialize(fromContentsOf: column) }
        }
    }

    /// The entries as rows of this width, and how many lie beyond and are left out.
    func vectors(width: Int) throws -> (rows: SparseRows, left: Int) {
        if width >= entries.width { return (try entries.resized(to: width), 0) }
        var (offsets, indices, values): ([Int64], [Int32], [Double]) = ([0], [], [])
        for row in 0..<count {
            for entry in entries.entries(of: row) where entries.indices[entry] < width {
                indices.append(entries.indices[entry])
                values.append(entries.values[entry])
            }
            offsets.append(Int64(indices.count))
        }
        let rows = try SparseRows(width: width, offsets: offsets, indices: indices, values: values)
        return (rows, entries.entryCount - rows.entryCount)
    }
}
