/// Some rows and their text.
final class CSVBlock: @unchecked Sendable {
    private let columns: [CSVCells]
    private let rows: Range<Int>
    private let end: [UInt8]
    private let separator: UInt8
    private let memory: UnsafeMutablePointer<UInt8>
    private var count = 0

    init(_ columns: [CSVCells], _ rows: Range<Int>, _ end: [UInt8], _ separator: UInt8) {
        self.columns = columns
        self.rows = rows
        self.end = end
        self.separator = separator
        let separators = rows.count * (columns.count + end.count)
        memory = .allocate(capacity: columns.reduce(DecimalText.most + separators) { $0 + $1.most(rows) })
    }

    deinit { memory.deallocate() }

    /// The text, once it is there.
    var text: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Makes the text.
    func fill() {
        var place = memory
        let values = columns.map(\.values)
        values.withUnsafeBufferPointer { values in
            for row in rows {
                for index in values.indices {
                    if index > 0 {
                        place.pointee = separator
                        place += 1
                    }
                    place = values[index].write(row, to: place) ?? columns[index].writeText(row, to: place)
                }
                for byte in end {
                    place.pointee = byte
                    place += 1
                }
            }
        }
        count = place - memory
    }
}
