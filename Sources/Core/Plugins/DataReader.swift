/// Turns bytes into tables.
public protocol DataReader: Plugin {
    /// File name endings that it reads, such as `csv`, without the dot and compression.
    static var extensions: [String] { get }
    /// Opens `source`. With a schema, the columns it names are read as the kinds it says, the others as texts, each as
    /// it stands, and a source that names its columns may hold no rows.
    func open(_ source: Source, schema: Schema?, in context: RunContext) throws -> any TableStream
    /// As `open` without a schema, for data larger than memory: rows are read when they are asked for, and again after
    /// `rewind`. Throws where the reader, or the source, cannot do that.
    func stream(_ source: Source, in context: RunContext) throws -> any TableStream
    /// As `open` with a schema, for data larger than memory: rows are read when they are asked for, where the reader can do
    /// that. Then what does not fit is an error where it stands, the labels of a category are those of each batch, and the
    /// report is whole behind the last row.
    func stream(_ source: Source, schema: Schema, in context: RunContext) throws -> any TableStream
}

extension DataReader {
    /// A reader.
    public static var kind: PluginKind { .reader }
    /// Refused: most formats are read as a whole.
    public func stream(_ source: Source, in context: RunContext) throws -> any TableStream {
        throw ApusError(
            "\(Self.descriptor.id) holds all rows in memory", at: source.name,
            remedy: "Leave --stream out, or convert the file to CSV.", kind: .usage)
    }
}

extension DataReader {
    /// All rows at once.
    public func stream(_ source: Source, schema: Schema, in context: RunContext) throws -> any TableStream {
        try open(source, schema: schema, in: context)
    }
}

/// Rows of a table, batch by batch.
public protocol TableStream: Sendable {
    /// Names, kinds and roles; known before the first row is handed out.
    var schema: Schema { get }
    /// What was found while opening.
    var report: ReadReport { get }
    /// The next rows, at most `rows` of them, with the named columns (nil: all); nil at the end.
    func next(columns: [String]?, rows: Int) throws -> Table?
    /// Starts again with the first row; throws where the source cannot be read twice.
    func rewind() throws
}

extension TableStream {
    /// All remaining rows.
    public func readAll(columns: [String]? = nil) throws -> Table {
        var parts: [Table] = []
        while let part = try next(columns: columns, rows: .max) { parts.append(part) }
        if !parts.isEmpty { return try Table(joining: parts) }
        let fields = try columns.map { names in try names.map { schema.fields[try schema.position(of: $0)] } }
        let empty = try Schema(fields ?? schema.fields)
        return try Table(empty, empty.fields.map(Column.init(emptyLike:)), rowCount: 0)
    }
}

extension Column {
    /// A column of no rows that fits `field`.
    public init(emptyLike field: Field) {
        switch field.kind {
        case .number: self.init([Double]())
        case .flag: self.init(flags: [])
        case .category: self.init(categories: [], dictionary: field.categories ?? [])
        case .text: self.init(texts: [])
        case .timestamp: self.init(timestamps: [])
        case .vector:
            // Zero rows of any width keep every promise.
            let none = try? SparseRows(width: field.width ?? 0, zeros: 0)
            self = none.map { Column(.vector($0)) } ?? Column([Double]())
        }
    }
}

/// What a reader found in a source.
public struct ReadReport: Sendable {
    /// The format in a few words: `CSV, comma, header, 2.1 MB`.
    public var format: String
    /// What was sniffed or given, by parameter name, so that it can be written into a configuration.
    public var settings: [String: JSON]
    /// Rows that were skipped because they were malformed.
    public var skippedRows: Int
    /// Why they were, and where the first stands, as a sentence; nil if only their number is known.
    public var skipNote: String?
    /// What else the user should know, a sentence each.
    public var notes: [String]

    /// The notes, and one about the skipped rows if there are any.
    public var allNotes: [String] {
        guard skippedRows > 0 else { return notes }
        let count = "\(skippedRows.grouped) malformed row\(skippedRows == 1 ? " was" : "s were") skipped."
        return notes + [skipNote ?? count]
    }

    /// A report.
    public init(
        format: String, settings: [String: JSON] = [:], skippedRows: Int = 0, skipNote: String? = nil,
        notes: [String] = []
    ) {
        self.format = format
        self.settings = settings
        self.skippedRows = skippedRows
        self.skipNote = skipNote
        self.notes = notes
    }
}
