import ApusCore
import ApusKernels
import Synchronization

/// Parts of a svmlight text, read again whenever they are asked for: memory for one part at a time.
struct SVMLightParts: PartReader {
    let schema: Schema
    /// The schema that the text is read with, if there is one: what it does not name is text.
    private let declared: Schema?
    private let base: ReadReport
    private let reader: SVMLightReader
    private let text: TextBytes
    /// Stretches of whole lines, part by part.
    private let parts: [[Range<Int>]]
    private let context: RunContext
    private let name: String
    private let left = Left()

    /// How many entries the parts up to the last that was read for the first time held beyond the vector's width.
    private final class Left: Sendable {
        let counts = Mutex<[Int: Int]>([:])
    }

    /// `schema` says what every part has: label, query where the rows have one, and one vector or a column an index.
    init(
        _ reader: SVMLightReader, _ text: TextBytes, _ parts: [[Range<Int>]], schema: Schema, declared: Schema? = nil,
        report: ReadReport, name: String, in context: RunContext
    ) {
        self.declared = declared
        self.reader = reader
        self.text = text
        self.parts = parts
        self.schema = schema
        base = report
        self.name = name
        self.context = context
    }

    var count: Int { parts.count }

    var report: ReadReport {
        var report = base
        let left = left.counts.withLock { $0.values.reduce(0, +) }
        if left > 0, let width = vector?.width { report.notes.append(SVMLightReader.leftNote(left, width)) }
        return report
    }

    private var vector: Field? { schema[SVMLightReader.vectorName].flatMap { $0.kind == .vector ? $0 : nil } }

    func read(_ part: Int, _ names: [String]?) throws -> Table {
        do {
            let table = try table(part)
            guard let names else { return table }
            let positions = try names.map { try schema.position(of: $0) }
            return try Table(
                Schema(positions.map { schema.fields[$0] }), positions.map { table.columns[$0] },
                rowCount: table.rowCount)
        } catch let error as ApusError {
            throw error.at(name)
        }
    }

    private func table(_ part: Int) throws -> Table {
        let rows = try SVMLightRows(text, parts[part], in: context)
        guard rows.count > 0 else { return try Table(schema, schema.fields.map(Column.init(emptyLike:)), rowCount: 0) }
        guard (rows.queries != nil) == (schema[SVMLightReader.queryName] != nil) else {
            throw SVMLightRows.mixedQueries(text, parts[part])
        }
        guard let vector, let width = vector.width else {
            let names = schema.names.filter { SVMLightRows.index(of: $0) != nil }
            let columns = rows.columns(names, absent: reader.absent == .zero ? 0 : .nan)
            return try reader.table(
                rows, zip(names, columns).map { (Field($0, .number), Column(.double($1))) }, declared)
        }
        let (vectors, beyond) = try rows.vectors(width: width)
        left.counts.withLock { $0[part] = beyond }
        return try reader.table(rows, [(vector, Column(.vector(vectors)))], declared)
    }
}
