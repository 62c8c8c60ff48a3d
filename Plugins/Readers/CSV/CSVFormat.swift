import ApusKernels

/// What a text looks like, given or sniffed.
struct CSVFormat {
    var separator: UInt8
    var quoting: Bool
    var hasHeader: Bool
    /// The offset of the first row of data.
    var bodyStart: Int
    /// The number of fields of the first row, header or not.
    var columns: Int
    /// The cells of the header; empty if there is none.
    var header: [Range<Int>]
    /// The rows behind the header that were looked at.
    var sample: [[Range<Int>]]

    /// The separator as it is written in a configuration.
    var separatorText: String { separator == 0x09 ? "tab" : String(UnicodeScalar(separator)) }

    /// The separator in words.
    var separatorName: String {
        switch separator {
        case 0x2C: "comma"
        case 0x3B: "semicolon"
        case 0x09: "tab"
        case 0x7C: "bar"
        default: "'\(separatorText)'"
        }
    }
}
