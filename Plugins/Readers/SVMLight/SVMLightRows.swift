import ApusCore
import ApusKernels

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The rows of a svmlight text, one after another: memory in proportion to the entries.
struct SVMLightRows {
    private(set) var labels: [Double] = []
    /// The query of each row; nil if the rows have none.
    private(set) var queries: [Int64]?
    private var starts = [0]
    private var indices: [Int32] = []
    private var values: [Double] = []
    private let text: TextBytes

    /// Indices beyond this one are refused, so that a damaged digit cannot ask for all memory.
    private static let largestIndex = 100_000_000

    /// Reads every line. Throws, with the line, where one breaks the format.
    init(_ text: TextBytes, in context: RunContext) throws {
        self.text = text
        var at = text.count >= 3 && text[0..<3].elementsEqual([0xEF, 0xBB, 0xBF]) ? 3 : 0
        let bytes = text[0..<text.terminatedCount]
        while at < bytes.count {
            if labels.count & 0xFFF == 0 { try context.checkCancellation() }
            var end = at
            while bytes[end] != 0x0A { end += 1 }
            var stop = at
            while stop < end, bytes[stop] != 0x23 { stop += 1 }  // '#' opens a comment
            try read(at..<stop)
            at = end + 1
        }
    }

    /// The number of rows.
    var count: Int { labels.count }
    /// The number of values that stand in the text.
    var entryCount: Int { values.count }

    /// `f1` and so on up to the largest index, from `f0` where index 0 occurs. Throws where memory would not hold as
    /// many columns.
    var featureNames: [String] {
        get throws {
            guard let largest = indices.max(), let least = indices.min() else { return [] }
            let range = min(1, least)...largest
            let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
            let (cells, overflows) = count.multipliedReportingOverflow(by: range.count)
            guard !overflows, cells <= memory / 16 else {
                throw ApusError(
                    "\(count.grouped) rows of \(range.count.grouped) columns do not fit into half of this machine's memory",
                    remedy: "Take fewer rows, or give the features smaller indices.")
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
        var slotOfIndex = [Int](repeating: -1, count: Int(indices.max() ?? -1) + 1)
        for index in slotOfIndex.indices { slotOfIndex[index] = slots["f\(index)"] ?? -1 }
        let columns = names.map { _ in
            let column = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
            column.initialize(repeating: absent)
            return column
        }
        defer { for column in columns { column.deallocate() } }
        for row in 0..<count {
            for entry in starts[row]..<starts[row + 1] {
                let slot = slotOfIndex[Int(indices[entry])]
                if slot >= 0 { columns[slot][row] = values[entry] }
            }
        }
        return columns.map { column in
            Buffer(count: count) { _ = $0.initialize(fromContentsOf: column) }
        }
    }

    private mutating func read(_ line: Range<Int>) throws {
        var at = line.lowerBound
        guard let label = token(&at, line) else { return }
        guard let value = text.number(in: label) else {
            throw mistake(
                label, "expected a number as the label",
                "A row is a line such as: 1 3:0.5 7:2. "
                    + "Rows of several labels are not read.")
        }
        let first = indices.count
        var query: Int64?
        while let pair = token(&at, line) {
            guard let colon = pair.first(where: { text.start[$0] == 0x3A }) else {
                throw mistake(pair, "expected index:value", "Put the index before the value, as in 3:0.5.")
            }
            let (key, cell) = (pair.lowerBound..<colon, colon + 1..<pair.upperBound)
            if text[key].elementsEqual(Array("qid".utf8)) {
                guard let number = Int64(String(decoding: text[cell], as: UTF8.self)), query == nil,
                    first == indices.count
                else { throw mistake(pair, "expected one qid:n with a whole number, before the features", "") }
                query = number
                continue
            }
            guard let index = Int(String(decoding: text[key], as: UTF8.self)), 0...Self.largestIndex ~= index else {
                throw mistake(
                    pair, "expected a whole number from 0 to \(Self.largestIndex.grouped) as the index", "")
            }
            guard let number = text.number(in: cell) else {
                throw mistake(pair, "expected a finite number as the value", "Leave the entry out where it is missing.")
            }
            if indices.count > first, indices[indices.count - 1] >= Int32(index) {
                throw mistake(
                    pair, "indices must ascend within a line, the one before is \(indices[indices.count - 1])",
                    "Sort the entries of the line, and name each index once.")
            }
            indices.append(Int32(index))
            values.append(number)
        }
        if labels.isEmpty, query != nil { queries = [] }
        guard (query != nil) == (queries != nil) else {
            throw mistake(label, "some rows have a qid and some have none", "Give every row one, or none.")
        }
        if let query { queries?.append(query) }
        labels.append(value)
        starts.append(indices.count)
    }

    /// The next stretch without blanks.
    private func token(_ at: inout Int, _ line: Range<Int>) -> Range<Int>? {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        while at < line.upperBound, isBlank(text.start[at]) { at += 1 }
        let start = at
        while at < line.upperBound, !isBlank(text.start[at]) { at += 1 }
        return start < at ? start..<at : nil
    }

    private func mistake(_ place: Range<Int>, _ what: String, _ remedy: String) -> ApusError {
        ApusError(
            "\(what), found \"\(String(decoding: text[place].prefix(60), as: UTF8.self))\"",
            at: "line \(text.line(at: place.lowerBound).grouped)", remedy: remedy)
    }
}
