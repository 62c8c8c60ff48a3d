import ApusCore

/// A column as cells of CSV: how many bytes they take at most, and the bytes themselves.
struct CSVCells {
    /// Where the values of the usual kinds stand, without a reference to count.
    struct Values: BitwiseCopyable {
        fileprivate enum Kind: UInt8, BitwiseCopyable { case double, integer, label, other }

        fileprivate var kind = Kind.other
        fileprivate var values: UnsafeRawPointer?
        fileprivate var validity: UnsafePointer<UInt8>?
        fileprivate var firstBit = 0
        fileprivate var labels: UnsafePointer<UInt8>?
        fileprivate var ends: UnsafePointer<Int>?
        /// The powers of ten of `DecimalText`.
        fileprivate var powers = DecimalText.powers.unsafePointer
    }

    let column: Column
    let separator: UInt8
    /// Valid while these cells are.
    private(set) var values = Values()
    /// Labels are quoted once, not once a row: label k is `labels[ends[k] ..< ends[k + 1]]`.
    private let labels: Buffer<UInt8>
    private let ends: Buffer<Int>
    /// Bytes of a cell, at most.
    private var longest = DecimalText.most

    init(_ column: Column, separator: UInt8) {
        self.column = column
        self.separator = separator
        var (labels, ends): ([UInt8], [Int]) = ([], [0])
        if case .category(_, let dictionary) = column.storage {
            for label in dictionary {
                CSVCells.append(label.utf8, separator, to: &labels)
                ends.append(labels.count)
            }
            longest = zip(ends, ends.dropFirst()).map { $1 - $0 }.max() ?? 0
        }
        self.labels = Buffer(labels)
        self.ends = Buffer(ends)
        values.validity = column.validity?.bytes.unsafePointer
        values.firstBit = column.validity?.offset ?? 0
        // A separator that numbers hold makes them texts, to be quoted.
        let isInNumbers = "+-.0123456789aefin".utf8.contains(separator)
        switch column.storage {
        case .double(let numbers) where !isInNumbers:
            (values.kind, values.values) = (.double, UnsafeRawPointer(numbers.unsafePointer))
        case .integer(let numbers) where !isInNumbers:
            (values.kind, values.values) = (.integer, UnsafeRawPointer(numbers.unsafePointer))
        case .category(let codes, _):
            (values.kind, values.values) = (.label, UnsafeRawPointer(codes.unsafePointer))
            (values.labels, values.ends) = (self.labels.unsafePointer, self.ends.unsafePointer)
        default: break
        }
    }

    /// Bytes that the cells of some rows take, at most, with as many behind each as a number may touch.
    func most(_ rows: Range<Int>) -> Int {
        guard case .text(let text) = column.storage else { return rows.count * (longest + DecimalText.most) }
        let bytes = Int(text.offsets[rows.upperBound] - text.offsets[rows.lowerBound])
        // Malformed UTF-8 becomes three bytes each; quotes double, and the cell's own come around it.
        return 3 * bytes + rows.count * (2 + DecimalText.most)
    }

    /// Writes the cell of a row that has a value of no usual kind; returns the place behind it.
    func writeText(_ row: Int, to place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var cell: [UInt8] = []
        CSVCells.append((column.text(row) ?? "").utf8, separator, to: &cell)
        cell.withUnsafeBufferPointer { cell in
            if let base = cell.baseAddress { place.update(from: base, count: cell.count) }
        }
        return place + cell.count
    }

    /// Appends a cell, in quotes if it needs them. Blanks at the ends are quoted as well: readers that trim would drop
    /// them.
    static func append(_ cell: String.UTF8View, _ separator: UInt8, to text: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let isSpecial = cell.contains { $0 == separator || $0 == quote || $0 == 0x0A || $0 == 0x0D }
        func isBlank(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x09 }
        guard isSpecial || isBlank(cell.first) || isBlank(cell.last) else {
            text.append(contentsOf: cell)
            return
        }
        text.append(quote)
        for byte in cell {
            if byte == quote { text.append(quote) }
            text.append(byte)
        }
        text.append(quote)
    }
}

extension CSVCells.Values {
    /// Writes the cell of a row and returns the place behind it; nil where the column's text is needed.
    @inline(__always)
    func write(_ row: Int, to place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>? {
        if let validity {
            let bit = firstBit + row
            if validity[bit >> 3] >> UInt8(bit & 7) & 1 == 0 { return place }
        }
        guard let values else { return nil }
        switch kind {
        case .double:
            return DecimalText.write(values.assumingMemoryBound(to: Double.self)[row], to: place, powers: powers)
        case .integer: return DecimalText.write(values.assumingMemoryBound(to: Int64.self)[row], to: place)
        case .label:
            guard let labels, let ends else { return nil }
            let code = Int(values.assumingMemoryBound(to: Int32.self)[row])
            place.update(from: labels + ends[code], count: ends[code + 1] - ends[code])
            return place + (ends[code + 1] - ends[code])
        case .other: return nil
        }
    }
}
