import ApusCore

/// What stands for a missing value.
enum ImputeFill: Codable, Sendable, Equatable {
    case number(Double)
    case flag(Bool)
    case label(String)
}

/// The fitted imputation.
struct FittedImpute: FittedTransform {
    struct Saved: Codable {
        var inputs: Schema
        var fills: [String: ImputeFill]
        var indicators: [String]
    }

    let inputs: Schema
    let outputs: Schema
    private let fills: [String: ImputeFill]
    private let indicators: [String]

    init(inputs: Schema, fills: [String: ImputeFill], indicators: [String]) throws {
        var fields = inputs.fields
        for (position, field) in fields.enumerated() {
            guard let fill = fills[field.name] else { continue }
            switch (field.kind, fill) {
            case (.number, .number(let value)) where value.isFinite: break
            case (.flag, .flag): break
            case (.category, .label(let label)):
                // A column without any value has no label yet.
                if !(field.categories ?? []).contains(label) {
                    fields[position].categories = (field.categories ?? []) + [label]
                }
            default:
                throw ApusError(
                    "the fill does not fit a \(field.kind.rawValue)",
                    at: "\(Impute.descriptor.id): column '\(field.name)'",
                    remedy: "Train the model again.")
            }
        }
        for name in indicators { fields.append(Field("\(try inputs.require(name))=missing", .number)) }
        self.inputs = inputs
        self.fills = fills
        self.indicators = indicators
        outputs = try Schema(fields)
    }

    func apply(_ table: Table, in context: RunContext) throws -> Table {
        let aligned = try inputs.align(table)
        var columns: [Column] = []
        for (position, field) in inputs.fields.enumerated() {
            let column = aligned.columns[position]
            let given = try table.column(field.name)
            columns.append(
                fills[field.name].map { filled(column, $0, outputs.fields[position], isMissing: given.isMissing) }
                    ?? column)
        }
        for name in indicators {
            let column = try table.column(name)
            columns.append(
                Column(
                    .double(
                        Buffer(count: aligned.rowCount) { target in
                            for row in target.indices { target[row] = column.isMissing(row) ? 1 : 0 }
                        })))
        }
        return try Table(outputs, columns, rowCount: aligned.rowCount)
    }

    private func filled(
        _ column: Column, _ fill: ImputeFill, _ field: Field, isMissing: (Int) -> Bool
    ) -> Column {
        guard let validity = column.validity else { return column }
        switch (column.storage, fill) {
        case (.category(let codes, _), .label(let label)):
            let labels = field.categories ?? []
            let code = Int32(labels.firstIndex(of: label) ?? 0)
            // A new label is not a missing value: it stays without a code.
            let recoded = Buffer<Int32>(count: codes.count) { target in
                for row in target.indices { target[row] = validity[row] ? codes[row] : isMissing(row) ? code : -1 }
            }
            let unseen = recoded.contains { $0 < 0 }
            return Column(
                .category(codes: recoded, dictionary: labels),
                validity: unseen ? Bitmap(count: recoded.count) { recoded[$0] >= 0 } : nil)
        case (.flag(let bits), .flag(let value)):
            return Column(.flag(Bitmap(count: bits.count) { validity[$0] ? bits[$0] : value }))
        case (.float(let values), .number(let value)):
            return Column(.float(Buffer(values.map { $0.isNaN ? Float(value) : $0 })))
        case (_, .number(let value)):
            guard let values = column.doubles else { return column }
            return Column(
                .double(
                    Buffer(count: values.count) { target in
                        for row in target.indices { target[row] = values[row].isNaN ? value : values[row] }
                    }))
        default: return column
        }
    }

    func state() throws -> State {
        try State(of: Impute.self, Saved(inputs: inputs, fills: fills, indicators: indicators))
    }
}

extension Schema {
    /// `name`, if it is a column here.
    fileprivate func require(_ name: String) throws -> String { fields[try position(of: name)].name }
}
