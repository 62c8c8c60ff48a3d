import ApusCore
import ApusKernels

/// Reads svmlight text, the format of LIBSVM, XGBoost and LightGBM: `label [qid:n] index:value … [# comment]` a line.
///
/// The columns are `label`, `query` where the rows have one, and `f1`, `f2`, … up to the largest index, from `f0` where
/// index 0 occurs. All are held as columns of 8 bytes a value, those that no line names included: a text that would
/// take more than half of the machine's memory so is refused.
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

    /// Absent means 0.
    public init() {}

    /// Reads `source`. Throws, with file and line, where it is missing, holds no rows, or a line breaks the format.
    public func open(_ source: Source, schema: Schema? = nil, in context: RunContext) throws -> any TableStream {
        do {
            let text = try TextSource.load(source, in: context)
            if let signature = FileSignature.name(of: text[0..<text.count]) {
                throw ApusError("it is \(signature.what)", remedy: signature.remedy)
            }
            let rows = try SVMLightRows(text, in: context)
            guard rows.count > 0 else {
                throw ApusError("it holds no rows", remedy: "A row is a line such as: 1 3:0.5 7:2")
            }
            let names = try rows.featureNames
            return InMemoryStream(
                table: try table(rows, names, schema),
                report: ReadReport(
                    format: "svmlight, \(rows.entryCount.grouped) entries", settings: ["absent": absent.json]))
        } catch let error as ApusError {
            throw error.at(source.name)
        }
    }

    private func table(
        _ rows: SVMLightRows, _ names: [String], _ schema: Schema?
    ) throws -> Table {
        var fields = [Field("label", .number, role: .target)]
        var columns = [Column(.double(Buffer(rows.labels)))]
        if let queries = rows.queries {
            fields.append(Field("query", .number, role: .group))
            columns.append(Column(.integer(Buffer(queries))))
        }
        // Indices that only a schema knows are absent from every row of this text.
        let known = Set(names)
        let more = schema?.fields.map(\.name).filter { SVMLightRows.index(of: $0) != nil && !known.contains($0) } ?? []
        let features = rows.columns(names + more, absent: absent == .zero ? 0 : .nan)
        for (name, values) in zip(names + more, features) {
            fields.append(Field(name, .number))
            columns.append(Column(.double(values)))
        }
        guard let schema else { return try Table(Schema(fields), columns) }
        for (position, field) in fields.enumerated() {
            guard let asked = schema[field.name], asked.kind == .number else {
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
