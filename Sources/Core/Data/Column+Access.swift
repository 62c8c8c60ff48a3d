extension Column {
    /// The values as doubles, with NaN where one is missing: numbers without a copy if they are doubles, flags as 0
    /// and 1, timestamps in microseconds, categories as their codes. Nil for texts and vectors.
    public var doubles: Buffer<Double>? {
        switch storage {
        case .double(let values): values
        case .float(let values): convert { Double(values[$0]) }
        case .integer(let values), .timestamp(let values): convert { Double(values[$0]) }
        case .flag(let bits): convert { bits[$0] ? 1 : 0 }
        case .category(let codes, _): convert { Double(codes[$0]) }
        case .text, .vector: nil
        }
    }

    private func convert(_ value: (Int) -> Double) -> Buffer<Double> {
        Buffer(count: count) { target in
            for row in target.indices { target[row] = isMissing(row) ? .nan : value(row) }
        }
    }

    /// The rows at `indices`, in that order; an index may come more than once.
    public func rows(_ indices: [Int]) -> Column {
        func gather<Value>(_ values: Buffer<Value>) -> Buffer<Value> {
            Buffer(count: indices.count) { target in
                for (position, row) in indices.enumerated() { target[position] = values[row] }
            }
        }
        let gathered: Storage =
            switch storage {
            case .double(let values): .double(gather(values))
            case .float(let values): .float(gather(values))
            case .integer(let values): .integer(gather(values))
            case .timestamp(let values): .timestamp(gather(values))
            case .flag(let bits): .flag(Bitmap(count: indices.count) { bits[indices[$0]] })
            case .category(let codes, let dictionary): .category(codes: gather(codes), dictionary: dictionary)
            case .text(let text): .text(TextBuffer(indices.lazy.map { text[$0] }))
            case .vector(let rows): .vector(rows.rows(indices))
            }
        return Column(gathered, validity: validity.map { bits in Bitmap(count: indices.count) { bits[indices[$0]] } })
    }

    /// The rows in `range`, without a copy (text offsets apart).
    public func slice(_ range: Range<Int>) -> Column {
        let part: Storage =
            switch storage {
            case .double(let values): .double(values.slice(range))
            case .float(let values): .float(values.slice(range))
            case .integer(let values): .integer(values.slice(range))
            case .timestamp(let values): .timestamp(values.slice(range))
            case .flag(let bits): .flag(bits.slice(range))
            case .category(let codes, let dictionary): .category(codes: codes.slice(range), dictionary: dictionary)
            case .text(let text):
                .text(
                    TextBuffer(offsets: text.offsets.slice(range.lowerBound..<range.upperBound + 1), bytes: text.bytes))
            case .vector(let rows): .vector(rows.slice(range))
            }
        return Column(part, validity: validity?.slice(range))
    }

    /// The value of `row` as text, as a CSV file would hold it: shortest digits that read back equal, of a vector the
    /// pairs of position and number; nil if missing.
    public func text(_ row: Int) -> String? {
        if isMissing(row) { return nil }
        return switch storage {
        case .double(let values): Column.text(values[row])
        case .float(let values): Column.text(Double("\(values[row])") ?? Double(values[row]))
        case .integer(let values): String(values[row])
        case .flag(let bits): bits[row] ? "true" : "false"
        case .category(let codes, let dictionary): dictionary[Int(codes[row])]
        case .text(let text): text[row]
        case .timestamp(let values): Timestamp.text(values[row])
        case .vector(let rows): rows.text(row)
        }
    }

    /// A number as text: whole numbers below 2^53 without a fraction, others with the fewest digits that read back.
    public static func text(_ number: Double) -> String {
        if number == number.rounded(.towardZero), abs(number) < 9_007_199_254_740_992,
            !(number == 0 && number.sign == .minus)
        {
            return String(Int64(number))
        }
        return "\(number)"
    }

    /// Whether there are two rows or more and all have the same value, or all have none.
    public var isConstant: Bool {
        guard count > 1 else { return false }
        if missingCount > 0 { return missingCount == count }
        switch storage {
        case .double(let values): return values.allSatisfy { $0 == values[0] }
        case .float(let values): return values.allSatisfy { $0 == values[0] }
        case .integer(let values), .timestamp(let values): return values.allSatisfy { $0 == values[0] }
        case .flag(let bits): return bits.setCount == 0 || bits.setCount == count
        case .category(let codes, _): return codes.allSatisfy { $0 == codes[0] }
        case .text(let texts): return (1..<count).allSatisfy { texts[$0] == texts[0] }
        case .vector(let rows): return (1..<count).allSatisfy { rows.hasEqualRows($0, 0) }
        }
    }

    /// The rows of a vector column; nil for other kinds.
    public var vectors: SparseRows? { if case .vector(let rows) = storage { rows } else { nil } }

    /// How often each label occurs, in the dictionary's order; nil unless this is a category column.
    public var categoryCounts: [Int]? {
        guard case .category(let codes, let dictionary) = storage else { return nil }
        var counts = [Int](repeating: 0, count: dictionary.count)
        for row in codes.indices where !isMissing(row) { counts[Int(codes[row])] += 1 }
        return counts
    }
}
