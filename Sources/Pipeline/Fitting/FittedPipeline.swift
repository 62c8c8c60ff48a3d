import ApusCore

/// A fitted pipeline: raw columns in, answers out. Immutable; predicts on any thread.
public struct FittedPipeline: Sendable {
    /// The raw features, with their kinds and labels, as they came into fitting.
    public let inputs: Schema
    /// Applied in order.
    public let transforms: [any FittedTransform]
    /// Predicts from what the transforms leave.
    public let model: any Model
    /// Applied to the predictions in order.
    public let outputTransforms: [any FittedOutputTransform]

    /// The columns of raw rows that are added to the model's scores, one a score; mostly none.
    public let offsets: [String]

    init(
        inputs: Schema, transforms: [any FittedTransform], model: any Model,
        outputTransforms: [any FittedOutputTransform], offsets: [String] = []
    ) {
        self.inputs = inputs
        self.transforms = transforms
        self.model = model
        self.outputTransforms = outputTransforms
        self.offsets = offsets
    }

    /// What it answers.
    public var outputs: Prediction.Schema { model.outputs }

    /// One answer a row. Columns are mapped by name; unseen labels count as missing; throws where a column is missing
    /// or of another kind, an offset column included.
    public func predict(_ table: Table, in context: RunContext = RunContext()) throws -> Prediction {
        try predict(table, offsets: try offsets(in: table), in: context)
    }

    /// One answer a row, with `offsets`, `(rows, scores)`, instead of the offset columns; nil where there are none.
    public func predict(_ table: Table, offsets: Matrix<Double>?, in context: RunContext) throws -> Prediction {
        let transformed = try transform(table, in: context)
        let prediction = try model.predict(transformed, adding: offsets, in: context)
        return try outputTransforms.reduce(prediction) { try $1.apply($0) }
    }

    /// The offset columns of raw rows; nil if the model takes none. Throws where one is not there.
    public func offsets(in table: Table) throws -> Matrix<Double>? {
        if offsets.isEmpty { return nil }
        if let absent = offsets.first(where: { table.schema.index(of: $0) == nil }) {
            throw ApusError(
                "the model was trained with offsets, and there is no column '\(absent)'", at: "offset column",
                remedy: "Add it; zeros add nothing to the scores.")
        }
        return try Dataset.offsets(offsets, in: table)
    }

    /// The answer for one row, given by name; a feature that is not named is missing.
    public func predict(row: [String: Value], in context: RunContext = RunContext()) throws -> Prediction {
        for name in row.keys.sorted() where inputs.index(of: name) == nil && !offsets.contains(name) {
            throw ApusError(
                "the model has no feature '\(name)'", remedy: Nearest.suggestion(for: name, among: inputs.names))
        }
        if let prediction = try predictDirectly(row) { return prediction }
        let schema = try Schema(inputs.fields + offsets.map { Field($0, .number, role: .offset) })
        let columns = try schema.fields.map { field in
            try (row[field.name] ?? .missing).column(for: field)
        }
        return try predict(Table(schema, columns, rowCount: 1), in: context)
    }

    /// Without a table, where the model takes raw values and nothing comes before or after it; nil elsewhere.
    private func predictDirectly(_ row: [String: Value]) throws -> Prediction? {
        guard transforms.isEmpty, outputTransforms.isEmpty, offsets.isEmpty, let model = model as? any RowPredicting,
            model.inputs == inputs, !inputs.hasVectors
        else { return nil }
        let values = try inputs.fields.map { try (row[$0.name] ?? .missing).number(for: $0) }
        let answers = Matrix<Double>(rows: 1, columns: outputs.outputs) { target in
            values.withUnsafeBufferPointer { model.predict(row: $0, into: target) }
        }
        return try Prediction(outputs, answers)
    }

    /// The features as the model sees them.
    public func transform(_ table: Table, in context: RunContext = RunContext()) throws -> Table {
        try transforms.reduce(try inputs.align(table)) { try $1.apply($0, in: context) }
    }
}

extension Model {
    /// One answer a row, with offsets if there are any; throws where the model does not take them.
    func predict(_ table: Table, adding offsets: Matrix<Double>?, in context: RunContext) throws -> Prediction {
        guard let offsets else { return try predict(table, in: context) }
        guard let model = self as? any OffsetPredicting else {
            throw ApusError("the model does not take offsets", kind: .usage)
        }
        return try model.predict(table, offsets: offsets, in: context)
    }
}

/// One value of one row.
public enum Value: Sendable, Equatable {
    /// No value.
    case missing
    /// A number.
    case number(Double)
    /// True or false.
    case flag(Bool)
    /// A label or a text.
    case text(String)

    /// As `RowPredicting` takes it: NaN for missing and for a label that was never seen.
    fileprivate func number(for field: Field) throws -> Double {
        switch (self, field.kind) {
        case (.missing, _): return .nan
        case (.number(let value), .number): return value
        case (.flag(let value), .flag): return value ? 1 : 0
        case (.text(let label), .category): return Value.code(label, field)
        case (.number(let value), .category): return Value.code(Column.text(value), field)
        default: throw mismatch(field)
        }
    }

    private static func code(_ label: String, _ field: Field) -> Double {
        field.categories?.firstIndex(of: label).map(Double.init) ?? .nan
    }

    private func mismatch(_ field: Field) -> ApusError {
        let found =
            switch self {
            case .missing: "nothing"
            case .number(let value): Column.text(value)
            case .flag(let value): "\(value)"
            case .text(let value): "\"\(value.prefix(40))\""
            }
        return ApusError("expected a \(field.kind.rawValue), found \(found)", at: "feature '\(field.name)'")
    }

    fileprivate func column(for field: Field) throws -> Column {
        switch (self, field.kind) {
        case (.missing, _):
            switch field.kind {
            case .number: return Column(numbers: [nil])
            case .flag: return Column(flags: [nil])
            case .category: return Column(categories: [nil], dictionary: field.categories)
            case .text: return Column(texts: [nil])
            case .timestamp: return Column(timestamps: [nil])
            case .vector:
                return Column(
                    .vector(try SparseRows(width: field.width ?? 0, zeros: 1)),
                    validity: Bitmap(count: 1) { _ in false })
            }
        case (.number(let value), .number): return Column([value])
        case (.flag(let value), .flag): return Column(flags: [value])
        case (.text(let value), .category): return Column(categories: [value], dictionary: field.categories)
        case (.number(let value), .category):
            return Column(categories: [Column.text(value)], dictionary: field.categories)
        case (.text(let value), .text): return Column(texts: [value])
        default: throw mismatch(field)
        }
    }
}

extension Value: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    /// A label or a text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A flag.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
    /// No value.
    public init(nilLiteral: ()) { self = .missing }
}
