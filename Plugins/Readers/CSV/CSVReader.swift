import ApusCore
import ApusKernels

/// Reads comma-separated text: mapped files, gzip, standard input, bytes in memory.
///
/// Kinds follow from all rows, not from the first ones: columns are read on the kind that the head of the text
/// suggests, and read again where a row further down says otherwise. Rows are held in memory as columns: 8 bytes a
/// number, 4 a label.
public struct CSVReader: DataReader {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "reader.csv", summary: "Comma-separated text, plain or gzip; the format is sniffed and shown",
        source: "RFC 4180")
    /// File name endings.
    public static let extensions = ["csv", "tsv", "tab", "txt", "data"]
    /// Tokens that always mean "missing", besides the empty cell.
    public static let missingTokens = ["NA", "N/A", "?", "null", "NULL", "NaN", "nan"]

    /// The separator.
    @Parameter("The character between cells: auto (one of , ; | and tab), tab, or any one ASCII character.")
    public var separator = "auto"
    /// Whether the first row names the columns.
    @Parameter("Whether the first row names the columns; without, they are named c1, c2, ….")
    public var header = CSVSwitch.auto
    /// Whether double quotes quote.
    @Parameter("Whether double quotes enclose cells (true) or are plain text (false).")
    public var quote = CSVSwitch.auto
    /// Whether blanks around cells are dropped.
    @Parameter("Whether blanks around unquoted cells are dropped.")
    public var trim = true
    /// More tokens for missing values.
    @Parameter("More tokens that mean \"missing\", besides the empty cell, NA, N/A, ?, null, NULL, NaN and nan.")
    public var missing: [String] = []
    /// What to do with ragged rows.
    @Parameter("What to do with a row of another length: stop with an error, or skip, count and report it.")
    public var onBadRow = CSVBadRow.error
    /// Kinds by column.
    @Parameter("Kinds of columns, by name, where the sniffed ones do not serve.")
    public var kinds: [String: CSVKind] = [:]

    /// Everything sniffed.
    public init() {}

    /// Checks the separator.
    public func validate() throws { _ = try separatorByte }

    /// Reads `source`. Throws, with file, line or column and row, where it is missing, no UTF-8 text, ragged or badly
    /// quoted, holds two columns of one name or, without a schema, no rows, or a cell does not fit its declared kind.
    public func open(_ source: Source, schema: Schema? = nil, in context: RunContext) throws -> any TableStream {
        try open(source, schema: schema, in: context, chunkSize: 1 << 20)
    }

    /// As above; the chunk size never changes the result.
    package func open(
        _ source: Source, schema: Schema? = nil, in context: RunContext, chunkSize: Int
    ) throws -> any TableStream {
        do {
            let text = try TextSource.load(source, in: context)
            var reading = CSVTableReading(reader: self, text: text, schema: schema, context: context)
            return try reading.read(chunkSize: chunkSize)
        } catch let error as ApusError {
            throw error.at(source.name)
        }
    }

    /// Rows part by part, from a plain file or bytes: about 8 MB of text at a time. The first pass over all rows, here,
    /// finds kinds, labels (at most 100,000 a column, more are text) and what cannot be read.
    public func stream(_ source: Source, in context: RunContext) throws -> any TableStream {
        try stream(source, in: context, chunkSize: 1 << 20)
    }

    /// As above; the chunk size changes where parts end.
    package func stream(_ source: Source, in context: RunContext, chunkSize: Int) throws -> any TableStream {
        do {
            let text = try TextSource.loadInPlace(source)
            var reading = CSVTableReading(reader: self, text: text, schema: nil, context: context)
            return try reading.stream(chunkSize: chunkSize)
        } catch let error as ApusError {
            throw error.at(source.name)
        }
    }

    /// Rows part by part, about 8 MB of text at a time, with the columns that `schema` names read as the kinds it says.
    /// Nothing is read before it is asked for: what does not fit is an error where it stands, and the report is whole behind
    /// the last row.
    public func stream(_ source: Source, schema: Schema, in context: RunContext) throws -> any TableStream {
        try stream(source, schema: schema, in: context, chunkSize: 1 << 20)
    }

    /// As above; the chunk size changes where parts end.
    package func stream(
        _ source: Source, schema: Schema, in context: RunContext, chunkSize: Int
    ) throws -> any TableStream {
        do {
            let text = try TextSource.load(source, in: context)
            var reading = CSVTableReading(reader: self, text: text, schema: schema, context: context)
            return try reading.stream(schema, name: source.name, chunkSize: chunkSize)
        } catch let error as ApusError {
            throw error.at(source.name)
        }
    }

    /// The separator's byte; nil to sniff it.
    var separatorByte: UInt8? {
        get throws {
            switch separator {
            case "auto": return nil
            case "tab", "\\t", "\t": return 0x09
            default:
                let bytes = Array(separator.utf8)
                guard bytes.count == 1, bytes[0] < 0x80, ![0x22, 0x0A, 0x0D, 0x20, 0x00].contains(bytes[0]) else {
                    throw ApusError(
                        "expected auto, tab or one ASCII character other than a quote, a blank or a line's end, found "
                            + "\"\(separator)\"", at: "parameter 'separator'", kind: .usage)
                }
                return bytes[0]
            }
        }
    }
}
