import ApusCore

/// A transform that learns nothing: it puts columns into the place of some, each by itself.
protocol ColumnReplacing: Transform {
    /// Whether a column is replaced.
    func replaces(_ field: Field) -> Bool
    /// What comes into the place of a column that is replaced; the fields are those that `plan` promises.
    func replacement(of column: Column, in context: RunContext) throws -> [Column]
}

/// Such a transform, fitted to the columns of the training rows.
struct FittedReplacement<Settings: ColumnReplacing>: FittedTransform {
    private struct Saved: Codable {
        var inputs: Schema
        var parameters: JSON
    }

    let inputs: Schema
    let outputs: Schema
    private let settings: Settings

    init(_ settings: Settings, inputs: Schema) throws {
        self.settings = settings
        self.inputs = inputs
        outputs = try settings.plan(inputs)
    }

    /// From what `state` saved.
    init(_ state: State) throws {
        let saved: Saved = try state.decode()
        guard let parameters = saved.parameters.object else {
            throw ApusError("the state of \(Settings.descriptor.id) is damaged", remedy: "Train the model again.")
        }
        try self.init(try Settings(parameters: parameters), inputs: saved.inputs)
    }

    func apply(_ table: Table, in context: RunContext) throws -> Table {
        let aligned = try inputs.align(table)
        let columns = try zip(inputs.fields, aligned.columns).flatMap { field, column in
            try context.checkCancellation()
            guard settings.replaces(field) else { return [column] }
            do {
                return try settings.replacement(of: column, in: context)
            } catch let error as ApusError {
                throw error.at("column '\(field.name)'")
            }
        }
        return try Table(outputs, columns, rowCount: aligned.rowCount)
    }

    func state() throws -> State {
        try State(of: Settings.self, Saved(inputs: inputs, parameters: .object(settings.parameterValues)))
    }
}
