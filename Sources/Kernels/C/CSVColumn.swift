import CKernels

/// A column as it was read: values for `rowCount` rows, not yet a column of a table.
public struct CSVColumn: Sendable {
    /// How its cells were read.
    public let kind: CSVCellKind
    /// What was found on the way.
    public let findings: CSVFindings
    /// The values: Double, Int64 or, for strings, Int32.
    public let memory: CSVColumnMemory
    /// The number of values.
    public let rowCount: Int
    /// The distinct labels of a string column, in the order of their first appearance, to which its values point.
    public let labels: CSVLabels?

    /// The values of a number column.
    public var doubles: UnsafeMutablePointer<Double> { memory.base.assumingMemoryBound(to: Double.self) }
    /// The values of an integer or timestamp column.
    public var integers: UnsafeMutablePointer<Int64> { memory.base.assumingMemoryBound(to: Int64.self) }
    /// The values of a string column.
    public var codes: UnsafeMutablePointer<Int32> { memory.base.assumingMemoryBound(to: Int32.self) }
}

/// Distinct labels, each a piece of the text.
public final class CSVLabels: @unchecked Sendable {
    /// The number of labels.
    public let count: Int
    private let text: TextBytes
    private let labels: UnsafeMutablePointer<ck_csv_label>

    /// Takes over `labels`.
    init(text: TextBytes, labels: UnsafeMutablePointer<ck_csv_label>, count: Int) {
        self.text = text
        self.labels = labels
        self.count = count
    }

    deinit { labels.deallocate() }

    /// Whether label `index` is a missing token.
    public func isMissing(_ index: Int) -> Bool { labels[index].missing != 0 }

    /// Where label `index` stands in the text, quotes around it left out.
    public func range(_ index: Int) -> Range<Int> {
        Int(labels[index].offset)..<Int(labels[index].offset) + Int(labels[index].length)
    }

    /// The bytes of label `index` as they stand in the text: without quotes around it, inner quotes still doubled.
    public func bytes(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        text[range(index)]
    }

    /// The number of bytes of label `index`, inner quotes single.
    public func length(_ index: Int) -> Int {
        guard labels[index].escaped != 0 else { return Int(labels[index].length) }
        return Int(labels[index].length) - bytes(index).reduce(0) { $0 + ($1 == 0x22 ? 1 : 0) } / 2
    }

    /// Writes label `index`, inner quotes single, to memory of `length(index)` bytes.
    public func copy(_ index: Int, to target: UnsafeMutablePointer<UInt8>) {
        let source = bytes(index)
        guard let base = source.baseAddress else { return }
        guard labels[index].escaped != 0 else {
            target.update(from: base, count: source.count)
            return
        }
        var written = 0
        var isSecond = false
        for byte in source {
            if byte == 0x22, !isSecond {
                isSecond = true
                continue
            }
            isSecond = false
            target[written] = byte
            written += 1
        }
    }

    /// Label `index`, inner quotes single.
    public func string(_ index: Int) -> String {
        String(unsafeUninitializedCapacity: length(index)) { target in
            if let base = target.baseAddress, !target.isEmpty { copy(index, to: base) }
            return length(index)
        }
    }
}
