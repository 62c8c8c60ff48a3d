import ApusCore
import ApusKernels

/// Reads svmlight text, the format of LIBSVM, XGBoost and LightGBM: `label [qid:n] index:value … [# comment]` a line.
///
/// The columns are `label`, `query` where the rows have one, and the features: one number column an index, `f1`, `f2`, …
/// up to the largest, from `f0` where index 0 occurs; or one vector `features` whose element `k` is index `k`. A vector
/// takes memory in proportion to the entries, columns 8 bytes a value, zeros included: a text that would take more than
/// half of the machine's memory so is refused.
///
/// Source: Joachims, SVMlight, https://www.cs.cornell.edu/people/tj/svm_light.
public struct SVMLightReader: DataReader {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "reader.svmlight",
        summary: "Lines of label and index:value pairs, as LIBSVM, XGBoost and LightGBM read them",
        source: "Joachims, SVMlight")
    /// File name endings.
    public static let extensions = ["svm", "svmlight", "libsvm"]

    /// What an index that a line leaves out means.
    @Parameter("What an index that a line leaves out means: the number 0, or a missing value.")
    public var absent = SVMLightAbsent.zero
    /// How features are held.
    @Parameter(
        "Read features as a column an index, or as one sparse vector; auto takes the vector for more than 1,024 indices of which a line names fewer than a tenth."
    )
    public var layout = SVMLightLayout.auto

    /// The names of the columns that are no index.
    static let (labelName, queryName, vectorName) = ("label", "query", "features")
    private static let mostColumns = 1_024

    /// Absent means 0.
    public init() {}

    /// A vector has no missing elements.
    public func validate() throws {
        if absent == .missing, layout == .vector {
            throw ApusError(
                "what a vector leaves out is 0, not missing", at: "parameter 'absent'",
                remedy: "Set layout to columns, or absent to zero.", kind: .usage)
        }
    }

    /// Reads `source`. Throws, with file and line, where it is missing, holds no rows, or a line breaks the format.
    public func open(_ source: Source, schema: Schema? = nil, in context: RunContext) throws -> any TableStream {
        do {
            let text = try plain(TextSource.load(source, in: context))
            let rows = try SVMLightRows(text, in: context)
            guard rows.count > 0 else { throw Self.noRows }
            let isVector =
                schema.map { $0[Self.vectorName]?.kind == .vector }
                ?? holdsVector(width: rows.entries.width, density: rows.entries.density)
            var report = report(rows.entries.entryCount, isVector)
            let table = try isVector ? vectorTable(rows, schema, &report) : columnTable(rows, schema)
            return InMemoryStream(table: table, report: report)
        } catch let error as ApusError {
            throw error.at(source.name)
        }
    }

    /// The text itself; throws where it is the content of another format.
    func plain(_ text: TextBytes) throws -> TextBytes {
        if let signature = FileSignature.name(of: text[0..<text.count]) {
            throw ApusError("it is \(signature.what)", remedy: signature.remedy)
        }
        return text
    }

    static let noRows = ApusError("it holds no rows", remedy: "A row is a line such as: 1 3:0.5 7:2")

    func report(_ entries: Int?, _ isVector: Bool) -> ReadReport {
        ReadReport(
            format: "svmlight" + (entries.map { ", \($0.grouped) entries" } ?? ""),
            settings: ["absent": absent.json, "layout": (isVector ? SVMLightLayout.vector : .columns).json])
    }

    /// Whether entries that reach up to `width` are held as one vector where no schema says so.
    func holdsVector(width: Int, density: Double) -> Bool {
        switch layout {
        case .columns: false
        case .vector: true
        case .auto: absent == .zero && width > Self.mostColumns && density < 0.1
        }
    }

    static func leftNote(_ left: Int, _ width: Int) -> String {
        "\(left.grouped) entries with indices from \(width.grouped) on, which the model does not know, are left out."
    }

    func vectorTable(_ rows: SVMLightRows, _ schema: Schema?, _ report: inout ReadReport) throws -> Table {
        let width = schema?[Self.vectorName]?.width ?? rows.entries.width
        let (vectors, left) = try rows.vectors(width: width)
        if left > 0 {
            report.notes.append(Self.leftNote(left, width))
        }
        let features = (
            field: Field(Self.vectorName, .vector, width: width), column: Column(.vector(vectors))
        )
        return try table(rows, [features], schema)
    }

    private func columnTable(_ rows: SVMLightRows, _ schema: Schema?) throws -> Table {
        let names = try rows.featureNames
        // Indices that only a schema knows are absent from every row of this text.
        let known = Set(names)
        let more = schema?.fields.map(\.name).filter { SVMLightRows.index(of: $0) != nil && !known.contains($0) } ?? []
        let features = rows.columns(names + more, absent: absent == .zero ? 0 : .nan)
        return try table(
            rows, zip(names + more, features).map { (Field($0, .number), Column(.double($1))) }, schema)
    }

    /// Label, query and features in the roles that the schema gives them; as texts where it does not know them.
    func table(
        _ rows: SVMLightRows, _ features: [(field: Field, column: Column)], _ schema: Schema?
    ) throws -> Table {
        var fields = [Field(Self.labelName, .number, role: .target)]
        var columns = [Column(.double(rows.labels))]
        if let queries = rows.queries {
            fields.append(Field(Self.queryName, .number, role: .group))
            columns.append(Column(.integer(queries)))
        }
        fields += features.map(\.field)
        columns += features.map(\.column)
        guard let schema else { return try Table(Schema(fields), columns) }
        for (position, field) in fields.enumerated() {
            guard let asked = schema[field.name], asked.kind == field.kind else {
                let column = columns[position]
                columns[position] = Column(texts: (0..<rows.count).map { column.text($0) })
                fields[position] = Field(field.name, .text, role: schema[field.name]?.role ?? field.role)
                continue
            }
            fields[position].role = asked.role
        }
        return try Table(Schema(fields), columns)
    }
}

/// What an index that a line leaves out means.
public enum SVMLightAbsent: String, ParameterChoice, Sendable {
    /// The number 0.
    case zero
    /// A missing value.
    case missing
}

/// How the features of svmlight text are held.
public enum SVMLightLayout: String, ParameterChoice, Sendable {
    /// As a vector where that is much smaller.
    case auto
    /// A number column an index.
    case columns
    /// One vector.
    case vector
}
