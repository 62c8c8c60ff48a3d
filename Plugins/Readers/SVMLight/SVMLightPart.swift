import ApusCore
import ApusKernels

/// Some lines of a svmlight text, read one after another into memory that the parts share.
struct SVMLightPart {
    /// Where entries go.
    struct Entries {
        let indices: UnsafeMutablePointer<Int32>
        let values: UnsafeMutablePointer<Double>

        static func + (entries: Entries, count: Int) -> Entries {
            Entries(indices: entries.indices + count, values: entries.values + count)
        }
    }

    private(set) var labels: [Double] = []
    /// The query of each row; empty if the rows have none.
    private(set) var queries: [Int64] = []
    /// Where the entries of each row end.
    private(set) var ends: [Int] = []
    /// The least and the largest index.
    private(set) var least = Int32.max
    private(set) var largest: Int32 = -1
    /// Why reading ended early.
    private(set) var mistake: ApusError?

    /// Indices beyond this one are refused, so that a damaged digit cannot ask for all memory.
    static let largestIndex = 100_000_000

    /// Nothing read yet.
    init() {}

    /// How many entries the lines in `range` hold at most: each has a colon.
    static func most(_ text: TextBytes, _ range: Range<Int>) -> Int {
        text[range].reduce(0) { $0 + ($1 == 0x3A ? 1 : 0) }
    }

    /// Reads the lines in `range`, which ends behind a line feed, up to the first that breaks the format. There is room
    /// for `most` entries.
    init(_ text: TextBytes, _ range: Range<Int>, into entries: Entries) {
        var at = range.lowerBound
        while at < range.upperBound {
            var end = at
            var stop = range.upperBound
            while text.start[end] != 0x0A {
                if text.start[end] == 0x23, stop > end { stop = end }  // '#' opens a comment
                end += 1
            }
            do {
                try read(text, at..<min(stop, end), into: entries)
            } catch {
                mistake = error as? ApusError
                return
            }
            at = end + 1
        }
    }

    private mutating func read(_ text: TextBytes, _ line: Range<Int>, into entries: Entries) throws {
        var at = line.lowerBound
        guard let label = Self.token(text, &at, line) else { return }
        guard let value = text.number(in: label) else {
            throw Self.mistake(
                text, label, "expected a number as the label",
                "A row is a line such as: 1 3:0.5 7:2. Rows of several labels are not read.")
        }
        let first = ends.last ?? 0
        var count = first
        var query: Int64?
        while let pair = Self.token(text, &at, line) {
            var colon = pair.lowerBound
            while colon < pair.upperBound, text.start[colon] != 0x3A { colon += 1 }
            guard colon < pair.upperBound else {
                throw Self.mistake(text, pair, "expected index:value", "Put the index before the value, as in 3:0.5.")
            }
            let cell = colon + 1..<pair.upperBound
            if text.start[pair.lowerBound] == UInt8(ascii: "q") {
                guard text[pair.lowerBound..<colon].elementsEqual("qid".utf8), query == nil, first == count,
                    let number = Int64(String(decoding: text[cell], as: UTF8.self))
                else { throw Self.mistake(text, pair, "expected one qid:n with a whole number, before the features") }
                query = number
                continue
            }
            guard let index = Self.index(text, pair.lowerBound..<colon) else {
                throw Self.mistake(
                    text, pair, "expected a whole number from 0 to \(Self.largestIndex.grouped) as the index")
            }
            guard let number = text.number(in: cell) else {
                throw Self.mistake(
                    text, pair, "expected a finite number as the value", "Leave the entry out where it is missing.")
            }
            if count > first, entries.indices[count - 1] >= index {
                throw Self.mistake(
                    text, pair, "indices must ascend within a line, the one before is \(entries.indices[count - 1])",
                    "Sort the entries of the line, and name each index once.")
            }
            entries.indices[count] = index
            entries.values[count] = number
            count += 1
        }
        guard labels.isEmpty || (query != nil) == !queries.isEmpty else {
            throw Self.mixedQueries(text, label)
        }
        if let query { queries.append(query) }
        labels.append(value)
        ends.append(count)
        if count > first {
            least = min(least, entries.indices[first])
            largest = max(largest, entries.indices[count - 1])
        }
    }

    /// The error for a row at `place` that has a query where others have none, or the other way round.
    static func mixedQueries(_ text: TextBytes, _ place: Range<Int>) -> ApusError {
        mistake(text, place, "some rows have a qid and some have none", "Give every row one, or none.")
    }

    /// The next stretch without blanks.
    static func token(_ text: TextBytes, _ at: inout Int, _ line: Range<Int>) -> Range<Int>? {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        while at < line.upperBound, isBlank(text.start[at]) { at += 1 }
        let start = at
        while at < line.upperBound, !isBlank(text.start[at]) { at += 1 }
        return start < at ? start..<at : nil
    }

    private static func index(_ text: TextBytes, _ range: Range<Int>) -> Int32? {
        guard !range.isEmpty, range.count < 18 else { return nil }
        var index = 0
        for place in range {
            let digit = Int(text.start[place]) - 0x30
            guard 0...9 ~= digit else { return nil }
            index = index * 10 + digit
        }
        return index <= largestIndex ? Int32(index) : nil
    }

    private static func mistake(
        _ text: TextBytes, _ place: Range<Int>, _ what: String, _ remedy: String = ""
    ) -> ApusError {
        ApusError(
            "\(what), found \"\(String(decoding: text[place].prefix(60), as: UTF8.self))\"",
            at: "line \(text.line(at: place.lowerBound).grouped)", remedy: remedy)
    }
}
