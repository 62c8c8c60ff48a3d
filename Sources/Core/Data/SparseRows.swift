/// Rows of numbers of which most are 0: of each row only its entries are held, the rest is 0. Immutable; copying shares
/// the memory, which is 12 bytes an entry and 8 a row.
///
/// The layout is that of compressed sparse rows: the entries of row `i` are the positions
/// `offsets[i] ..< offsets[i + 1]` of `indices` and `values`. An entry may be 0; none is NaN or infinite.
public struct SparseRows: Sendable {
    /// How many numbers a row has, the zeros included; at most 2,147,483,647.
    public let width: Int
    /// `count + 1` ascending positions, the first not necessarily 0.
    public let offsets: Buffer<Int64>
    /// The position of each entry in its row, ascending within it.
    public let indices: Buffer<Int32>
    /// The entries.
    public let values: Buffer<Double>

    /// Over existing memory in this layout. Throws, with the row, where positions do not ascend or lie outside, or a
    /// value is not finite. Cost: one pass over the entries.
    public init(width: Int, offsets: Buffer<Int64>, indices: Buffer<Int32>, values: Buffer<Double>) throws {
        guard 0...Int(Int32.max) ~= width, indices.count == values.count, let first = offsets.first,
            let last = offsets.last, first >= 0, last <= Int64(values.count)
        else {
            throw ApusError(
                "rows of width \(width.grouped) with \(offsets.count.grouped) offsets, \(indices.count.grouped) indices and \(values.count.grouped) values do not fit together",
                kind: .plugin)
        }
        var start = first
        for row in 0..<offsets.count - 1 {
            let end = offsets[row + 1]
            guard end >= start, end <= last else {
                throw ApusError("its entries end before they start", at: "row \((row + 1).grouped)", kind: .plugin)
            }
            var before: Int32 = -1
            for place in Int(start)..<Int(end) {
                let (index, value) = (indices.unsafePointer[place], values.unsafePointer[place])
                guard index > before, Int(index) < width else {
                    throw ApusError(
                        "positions ascend from 0 to \((width - 1).grouped), found \(index) after \(before)",
                        at: "row \((row + 1).grouped)")
                }
                guard value.isFinite else {
                    throw ApusError(
                        "expected a finite number, found \(value)", at: "row \((row + 1).grouped) element \(index)",
                        remedy: "Leave the entry out where it is missing.")
                }
                before = index
            }
            start = end
        }
        self.init(trusted: width, offsets, indices, values)
    }

    /// A copy of entries that keep the promises of the layout.
    public init(width: Int, offsets: [Int64], indices: [Int32], values: [Double]) throws {
        try self.init(
            width: width, offsets: Buffer(offsets), indices: Buffer(indices), values: Buffer(values))
    }

    /// Rows without an entry.
    public init(width: Int, zeros count: Int) throws {
        try self.init(
            width: width, offsets: Buffer(repeating: 0, count: count + 1), indices: Buffer([]), values: Buffer([]))
    }

    /// The rows of all `parts`, which are of this width, one behind the other.
    init(joining parts: [SparseRows], width: Int) {
        var offsets: [Int64] = [0]
        var (indices, values): ([Int32], [Double]) = ([], [])
        for part in parts {
            for row in 0..<part.count {
                offsets.append(offsets[offsets.count - 1] + Int64(part.entries(of: row).count))
            }
            let range = Int(part.offsets[0])..<Int(part.offsets[part.count])
            indices += part.indices[range]
            values += part.values[range]
        }
        self.init(trusted: width, Buffer(offsets), Buffer(indices), Buffer(values))
    }

    private init(trusted width: Int, _ offsets: Buffer<Int64>, _ indices: Buffer<Int32>, _ values: Buffer<Double>) {
        self.width = width
        self.offsets = offsets
        self.indices = indices
        self.values = values
    }

    /// The number of rows.
    public var count: Int { offsets.count - 1 }

    /// The number of entries of all rows.
    public var entryCount: Int { Int(offsets[count] - offsets[0]) }

    /// The share of the numbers that are entries; 0 where there are none at all.
    public var density: Double {
        width > 0 && count > 0 ? Double(entryCount) / Double(width) / Double(count) : 0
    }

    /// Where the entries of a row stand in `indices` and `values`.
    public func entries(of row: Int) -> Range<Int> { Int(offsets[row])..<Int(offsets[row + 1]) }

    /// The number at `row` and `column`, by a search among the row's entries.
    public subscript(row: Int, column: Int) -> Double {
        precondition(column >= 0 && column < width, "column outside the rows")
        var range = entries(of: row)
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let index = Int(indices[middle])
            if index == column { return values[middle] }
            range = index < column ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return 0
    }

    /// The rows at `rows`, in that order; a row may come more than once.
    public func rows(_ rows: [Int]) -> SparseRows {
        var total: Int64 = 0
        let offsets = Buffer<Int64>(count: rows.count + 1) { target in
            target[0] = 0
            for (position, row) in rows.enumerated() {
                total += self.offsets[row + 1] - self.offsets[row]
                target[position + 1] = total
            }
        }
        func gathered<Element>(_ source: Buffer<Element>) -> Buffer<Element> {
            Buffer(count: Int(total)) { target in
                guard let base = target.baseAddress else { return }
                for (position, row) in rows.enumerated() {
                    let range = entries(of: row)
                    (base + Int(offsets.unsafePointer[position])).initialize(
                        from: source.unsafePointer + range.lowerBound, count: range.count)
                }
            }
        }
        return SparseRows(trusted: width, offsets, gathered(indices), gathered(values))
    }

    /// The rows in `range`, without a copy.
    public func slice(_ range: Range<Int>) -> SparseRows {
        SparseRows(trusted: width, offsets.slice(range.lowerBound..<range.upperBound + 1), indices, values)
    }

    /// The elements that have a position in `positions`, one for each of a row's numbers, at it; those with −1 are left
    /// out. Positions ascend. Where no entry is left out, only its index takes new memory.
    public func selecting(_ positions: [Int32], width: Int) throws -> SparseRows {
        let own = Int(offsets[0])..<Int(offsets[count])
        guard positions.count == self.width else {
            throw ApusError("there is not one position a number of a row", kind: .plugin)
        }
        let left = own.reduce(0) { $0 + (positions[Int(indices.unsafePointer[$1])] < 0 ? 1 : 0) }
        if left == 0 {
            let found = Buffer<Int32>(count: own.count) { target in
                for place in own { target[place - own.lowerBound] = positions[Int(indices.unsafePointer[place])] }
            }
            let starts = own.lowerBound == 0 ? offsets : Buffer(offsets.map { $0 - Int64(own.lowerBound) })
            return try SparseRows(width: width, offsets: starts, indices: found, values: values.slice(own))
        }
        var starts: [Int64] = [0]
        starts.reserveCapacity(count + 1)
        var kept = Buffer<Double>([])
        let found = Buffer<Int32>(count: own.count - left) { indices in
            kept = Buffer(count: own.count - left) { values in
                var next = 0
                for row in 0..<count {
                    for place in entries(of: row) {
                        let position = positions[Int(self.indices.unsafePointer[place])]
                        guard position >= 0 else { continue }
                        (indices[next], values[next]) = (position, self.values.unsafePointer[place])
                        next += 1
                    }
                    starts.append(Int64(next))
                }
            }
        }
        return try SparseRows(width: width, offsets: Buffer(starts), indices: found, values: kept)
    }

    /// The same entries with `change` made to each. Throws where it makes one NaN or infinite.
    public func mapValues(_ change: (Double) -> Double) throws -> SparseRows {
        // Of a slice only its own entries.
        let own = entryCount == values.count ? self : rows(Array(0..<count))
        return try SparseRows(
            width: width, offsets: own.offsets, indices: own.indices, values: Buffer(own.values.map(change)))
    }

    /// The same rows with zeros at the end of each, or with fewer. Throws where an entry lies beyond.
    public func resized(to width: Int) throws -> SparseRows {
        if width == self.width { return self }
        guard width < self.width else {
            guard width <= Int(Int32.max) else {
                throw ApusError("rows have at most \(Int32.max.grouped) numbers, found \(width.grouped)")
            }
            return SparseRows(trusted: width, offsets, indices, values)
        }
        return try SparseRows(width: width, offsets: offsets, indices: indices, values: values)
    }

    /// One row as `position:number` pairs with blanks between them, as svmlight writes them.
    public func text(_ row: Int) -> String {
        entries(of: row).map { "\(indices[$0]):\(Column.text(values[$0]))" }.joined(separator: " ")
    }

    /// Whether two rows hold the same numbers.
    func hasEqualRows(_ one: Int, _ other: Int) -> Bool {
        func numbers(_ row: Int) -> [(Int32, Double)] {
            entries(of: row).map { (indices[$0], values[$0]) }.filter { $0.1 != 0 }
        }
        return numbers(one).elementsEqual(numbers(other), by: ==)
    }
}
