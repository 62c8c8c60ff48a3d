/// How a CSV text is cut into cells.
public struct CSVDialect: Sendable, Equatable {
    /// The byte between two cells.
    public var separator: UInt8
    /// Whether `"` quotes; otherwise it is text.
    public var quoting: Bool
    /// Whether blanks around a cell are no part of it.
    public var trim: Bool
    /// Whether rows with another number of fields are left out instead of ending the reading.
    public var skipsRagged: Bool
    /// The number of fields in a row.
    public var columns: Int
    /// The tokens that mean "missing", besides the empty cell.
    public var missing: [[UInt8]]

    /// A dialect.
    public init(
        separator: UInt8, quoting: Bool, trim: Bool, skipsRagged: Bool = false, columns: Int, missing: [[UInt8]]
    ) {
        self.separator = separator
        self.quoting = quoting
        self.trim = trim
        self.skipsRagged = skipsRagged
        self.columns = columns
        self.missing = missing
    }
}

/// How the cells of a column are read.
public enum CSVCellKind: UInt32, Sendable {
    /// Not at all.
    case skip = 0
    /// Double, NaN where missing.
    case number = 1
    /// Int64, `Int64.min` where missing.
    case integer = 2
    /// Microseconds since 1970-01-01 UTC, `Int64.min` where missing.
    case timestamp = 3
    /// Positions in a dictionary of labels.
    case string = 4
}

/// A cell that says something about its column.
public struct CSVCell: Sendable, Equatable {
    /// The row, from 0, among those read.
    public let row: Int
    /// The bytes of the cell in the text.
    public let range: Range<Int>
}

/// What reading found in a column.
public struct CSVFindings: Sendable {
    /// Missing cells; not counted for strings.
    public internal(set) var missing = 0
    /// The first cell that does not fit the kind; the column's values mean nothing then.
    public internal(set) var broken: CSVCell?
    /// The first infinity or number beyond the largest double.
    public internal(set) var infinite: CSVCell?
    /// The first integer beyond 2^53 that fits 64 bits.
    public internal(set) var big: CSVCell?
    /// The first integer that does not fit 64 bits.
    public internal(set) var huge: CSVCell?
}

extension CSVFindings {
    /// Nothing.
    public static var none: CSVFindings { CSVFindings() }

    /// These findings and those of rows further down, whose first is row `first` here.
    public mutating func add(_ later: CSVFindings, from first: Int) {
        func moved(_ cell: CSVCell?) -> CSVCell? { cell.map { CSVCell(row: first + $0.row, range: $0.range) } }
        missing += later.missing
        broken = broken ?? moved(later.broken)
        infinite = infinite ?? moved(later.infinite)
        big = big ?? moved(later.big)
        huge = huge ?? moved(later.huge)
    }
}

/// Why reading stopped.
public enum CSVProblem: Sendable, Equatable {
    /// The row that starts at `offset` has another number of fields.
    case ragged(offset: Int, fields: Int)
    /// The row that starts at `offset` breaks the rules of quoting.
    case quoting(offset: Int)
    /// A row of 2 GiB or more.
    case rowTooLong
}
