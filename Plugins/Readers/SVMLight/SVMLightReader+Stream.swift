import ApusCore
import ApusKernels

extension SVMLightReader {
    /// Rows part by part, from a plain file or bytes: about 8 MB of text at a time. The first pass over all rows, here,
    /// finds the largest index and what cannot be read.
    public func stream(_ source: Source, in context: RunContext) throws -> any TableStream {
        try stream(source, in: context, chunkSize: 1 << 20)
    }

    /// As above; the chunk size changes where parts end.
    package func stream(_ source: Source, in context: RunContext, chunkSize: Int) throws -> any TableStream {
        do {
            let text = try plain(TextSource.loadInPlace(source))
            let parts = Self.parts(of: text, chunkSize)
            let survey = try SVMLightSurvey(text, parts, in: context)
            guard survey.rows > 0 else { throw Self.noRows }
            let isVector = holdsVector(width: survey.width, density: survey.density)
            var fields = [Field(Self.labelName, .number, role: .target)]
            if survey.hasQueries { fields.append(Field(Self.queryName, .number, role: .group)) }
            if isVector {
                fields.append(Field(Self.vectorName, .vector, width: survey.width))
            } else {
                fields += survey.indices.map { Field("f\($0)", .number) }
            }
            return PartStream(
                SVMLightParts(
                    self, text, parts, schema: try Schema(fields), report: report(survey.entries, isVector),
                    name: source.name, in: context))
        } catch let error as ApusError {
            throw error.at(source.name)
        }
    }

    /// Rows of vectors part by part; columns, which the text may have more of than the schema, all at once.
    public func stream(_ source: Source, schema: Schema, in context: RunContext) throws -> any TableStream {
        try stream(source, schema: schema, in: context, chunkSize: 1 << 20)
    }

    /// As above; the chunk size changes where parts end.
    package func stream(
        _ source: Source, schema: Schema, in context: RunContext, chunkSize: Int
    ) throws -> any TableStream {
        guard let vector = schema[Self.vectorName], vector.kind == .vector else {
            return try open(source, schema: schema, in: context)
        }
        do {
            let text = try plain(TextSource.load(source, in: context))
            let parts = Self.parts(of: text, chunkSize)
            // Whether the rows have queries is what the first of them says.
            guard
                let first = try parts.lazy.map({ try SVMLightRows(text, $0, in: context) }).first(where: {
                    $0.count > 0
                })
            else { throw Self.noRows }
            var report = report(nil, true)
            let fields = try vectorTable(first, schema, &report).schema
            return PartStream(
                SVMLightParts(
                    self, text, parts, schema: fields, declared: schema, report: self.report(nil, true),
                    name: source.name, in: context))
        } catch let error as ApusError {
            throw error.at(source.name)
        }
    }

    private static func parts(of text: TextBytes, _ chunkSize: Int) -> [[Range<Int>]] {
        let ranges = SVMLightRows.parts(of: text, bytes: chunkSize)
        return stride(from: 0, to: ranges.count, by: 8).map { Array(ranges[$0..<min($0 + 8, ranges.count)]) }
    }
}
