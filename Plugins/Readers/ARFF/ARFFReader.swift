import ApusCore
import ApusKernels

/// Reads ARFF, the attribute-relation file format of Weka, MOA and OpenML: dense and sparse rows.
///
/// `numeric`, `real` and `integer` attributes become numbers, `{a, b}` categories with these labels, `string` texts,
/// `date` a time where its values are ISO 8601, else a text. `label`, as collections of multilabel data write it, is a
/// category whose labels are those that occur, and a target. `?` is missing. What a sparse row leaves out is 0, or the
/// first label. Instance weights and relational attributes are refused.
///
/// Source: Weka, https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable.
public struct ARFFReader: DataReader {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "reader.arff", summary: "ARFF, as Weka, MOA and OpenML write it: dense and sparse rows",
        source: "Weka, Attribute-Relation File Format")
    /// File name endings.
    public static let extensions = ["arff"]

    /// Without parameters.
    public init() {}

    /// Reads `source`. Throws, with file and line, where it is missing, holds no rows, or a line breaks the format.
    public func open(_ source: Source, schema: Schema? = nil, in context: RunContext) throws -> any TableStream {
        do {
            let text = try TextSource.load(source, in: context)
            if let signature = FileSignature.name(of: text[0..<text.count]) {
                throw ApusError("it is \(signature.what)", remedy: signature.remedy)
            }
            var file = ARFFFile(text)
            try file.read(in: context)
            let rows = file.attributes.first?.count ?? 0
            guard rows > 0 || schema != nil else {
                throw ApusError("it holds no rows", remedy: "Rows stand below a line @data.")
            }
            let columns = try file.attributes.map { try $0.column(as: schema) }
            let fields = zip(file.attributes, columns).map { attribute, column in
                Field(attribute.name, for: column, role: schema?[attribute.name]?.role ?? attribute.role)
            }
            return InMemoryStream(
                table: try Table(Schema(fields), columns, rowCount: rows),
                report: ReadReport(format: "ARFF, \(file.isSparse ? "sparse" : "dense")"))
        } catch let error as ApusError {
            throw error.at(source.name)
        }
    }
}
