import ApusCore

extension TrainingRows {
    /// The rows of a stream as fitted transforms leave them.
    package func over(_ transforms: [any FittedTransform], in context: RunContext) -> TrainingRows {
        guard case .stream(let stream) = features else { return self }
        return replacing(stream: TransformedStream(stream, transforms, in: context))
    }
}

/// The rows of a stream as fitted transforms leave them, batch by batch.
package struct TransformedStream: TableStream {
    package let schema: Schema
    private let base: any TableStream
    private let transforms: [any FittedTransform]
    private let context: RunContext

    package init(_ base: any TableStream, _ transforms: [any FittedTransform], in context: RunContext) {
        self.base = base
        self.transforms = transforms
        self.context = context
        schema = transforms.last?.outputs ?? base.schema
    }

    package var report: ReadReport { base.report }

    package func next(columns: [String]?, rows: Int) throws -> Table? {
        guard let batch = try base.next(columns: nil, rows: rows) else { return nil }
        let table = try transforms.reduce(batch) { try $1.apply($0, in: context) }
        guard let columns else { return table }
        let positions = try columns.map { try table.schema.position(of: $0) }
        return try Table(
            Schema(positions.map { table.schema.fields[$0] }), positions.map { table.columns[$0] },
            rowCount: table.rowCount)
    }

    package func rewind() throws { try base.rewind() }
}
