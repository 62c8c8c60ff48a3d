import ApusCore
import Foundation

/// Replaces numbers by `sign(x) · log(1 + |x|)`, so that a few very large ones no longer rule the rest. Learns nothing.
public struct SignedLog: Transform {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "transform.signed_log", summary: "sign(x) · log(1 + |x|) of number columns",
        capabilities: [.missingValues, .categories, .text, .timestamps, .vectors])

    /// The columns that are replaced.
    @Parameter("Number columns to replace.") public var columns = ColumnSelector.kind(.number)

    /// The defaults.
    public init() {}

    /// The same columns: names and kinds stay.
    public func plan(_ schema: Schema) -> Schema { schema }

    /// Notes which columns there are.
    public func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform {
        FittedSignedLog(inputs: try rows.table.schema, columns: columns.patterns)
    }

    /// What was saved.
    public static func restore(_ state: State) throws -> any FittedTransform { try state.decode(FittedSignedLog.self) }
}

/// The transform once it knows its columns. Its saved state is all of it.
struct FittedSignedLog: FittedTransform, Codable {
    let inputs: Schema
    let columns: [String]

    var outputs: Schema { inputs }

    func apply(_ table: Table, in context: RunContext) throws -> Table {
        let aligned = try inputs.align(table)
        let selector = ColumnSelector(columns)
        let changed = zip(inputs.fields, aligned.columns).map { field, column in
            guard field.kind == .number, selector.selects(field), let values = column.doubles else { return column }
            return Column(values.map { $0 < 0 ? -log1p(-$0) : log1p($0) })
        }
        return try Table(inputs, changed, rowCount: aligned.rowCount)
    }

    func state() throws -> State { try State(of: SignedLog.self, self) }
}
