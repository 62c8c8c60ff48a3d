import ApusCore

/// The fitted scaling.
struct FittedStandardize: FittedTransform {
    struct Scale: Codable, Sendable {
        var mean: Double
        var deviation: Double
        var isConstant: Bool
    }

    struct Saved: Codable {
        var inputs: Schema
        var scales: [String: Scale]
    }

    let inputs: Schema
    var outputs: Schema { inputs }
    private let scales: [String: Scale]

    init(inputs: Schema, scales: [String: Scale]) throws {
        for (name, scale) in scales {
            guard inputs[name]?.kind == .number, scale.mean.isFinite, scale.deviation.isFinite, scale.deviation > 0
            else {
                throw ApusError(
                    "the state of \(Standardize.descriptor.id) is damaged", at: "column '\(name)'",
                    remedy: "Train the model again.")
            }
        }
        self.inputs = inputs
        self.scales = scales
    }

    func apply(_ table: Table, in context: RunContext) throws -> Table {
        let aligned = try inputs.align(table)
        let columns = parallelColumns(aligned.columns.count, rows: aligned.rowCount, in: context) { position in
            let column = aligned.columns[position]
            guard let scale = scales[inputs.fields[position].name], let values = column.doubles else { return column }
            // Division, not a product with the inverse: the same digits as scikit-learn.
            return Column(
                .double(
                    Buffer(count: values.count) { target in
                        values.withUnsafeBufferPointer { values in
                            for row in target.indices {
                                let centred = values[row] - scale.mean
                                target[row] = scale.isConstant && !centred.isNaN ? 0 : centred / scale.deviation
                            }
                        }
                    }), validity: column.validity)
        }
        return try Table(outputs, columns, rowCount: aligned.rowCount)
    }

    func state() throws -> State { try State(of: Standardize.self, Saved(inputs: inputs, scales: scales)) }
}
