import ApusCore
import ApusKernels

/// Turns each vector into as many number columns, for learners that take no vectors.
///
/// The columns are called `NAME#0`, `NAME#1`, …, or `NAME=label` where the elements stand for labels. Memory is rows ·
/// elements · 8 bytes, zeros included: more than half of the machine's is refused.
public struct Expand: ColumnReplacing {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "transform.expand", summary: "Turn vectors into number columns, zeros included",
        capabilities: [.missingValues, .categories, .text, .timestamps, .vectors], weights: .exact(tolerance: 1e-12))

    /// Which vectors are expanded.
    @Parameter("Vector columns to expand.") public var columns = ColumnSelector.kind(.vector)

    /// All parameters at their defaults.
    public init() {}

    /// Beyond so many columns a table is none any more: its schema alone would take seconds.
    private static let mostColumns = 1 << 17

    /// Whether a column is expanded.
    func replaces(_ field: Field) -> Bool { field.kind == .vector && columns.selects(field) }

    /// A column for each element, in the places of the vectors; `NAME#*` where only fitting tells how many.
    public func plan(_ schema: Schema) throws -> Schema {
        try Schema(
            schema.fields.flatMap { field -> [Field] in
                guard replaces(field) else { return [field] }
                guard let width = field.width else { return [Field("\(field.name)#*", .number, role: field.role)] }
                guard width <= Self.mostColumns else {
                    throw ApusError(
                        "\(width.grouped) elements are too many columns, at most \(Self.mostColumns.grouped) are made",
                        at: "column '\(field.name)'",
                        remedy: "Choose a learner that takes vectors, or make the vector narrower.", kind: .usage)
                }
                return (0..<width).map { Field(field.elementName($0), .number, role: field.role) }
            })
    }

    /// Learns nothing.
    public func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform {
        try context.checkCancellation()
        return try FittedReplacement(self, inputs: try rows.table.schema)
    }

    /// The fitted transform that `state` was saved from.
    public static func restore(_ state: State) throws -> any FittedTransform { try FittedReplacement<Expand>(state) }
}
