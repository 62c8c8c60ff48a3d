import ApusCore
import ApusKernels

/// Fills missing values: numbers by the median or the mean of the training rows, flags and categories by the most
/// frequent value. For each column with missing values in training, a column `NAME=missing` of 0 and 1 is added.
///
/// A category column without missing values in training is left as it is: what is missing there later is a label that
/// training never saw, and what follows can pool it. Weights count as repetition. Texts and timestamps pass through.
public struct Impute: Transform {
    /// What fills a missing number.
    public enum Strategy: String, ParameterChoice {
        /// The middle value.
        case median
        /// The average.
        case mean
    }

    /// What it is.
    public static let descriptor = Descriptor(
        id: "transform.impute", summary: "Fill missing values by the median or the most frequent, with indicators",
        capabilities: [.missingValues, .categories, .text, .timestamps, .vectors, .scaleInvariant],
        weights: .exact(tolerance: 1e-9))

    /// Which columns are filled.
    @Parameter("Columns to fill.") public var columns = ColumnSelector(["*"])
    /// What fills a missing number.
    @Parameter("What fills a missing number.") public var strategy = Strategy.median
    /// Whether `NAME=missing` columns are added.
    @Parameter("Add a 0/1 column NAME=missing for each column with missing values in training.")
    public var addIndicator = true

    /// All parameters at their defaults.
    public init() {}

    /// The same columns, and `*=missing` for those that only fitting tells.
    public func plan(_ schema: Schema) throws -> Schema {
        guard addIndicator, schema.fields.contains(where: isFilled) else { return schema }
        return try Schema(schema.fields + [Field("*=missing", .number)])
    }

    private func isFilled(_ field: Field) -> Bool {
        switch field.kind {
        case .number, .flag, .category: columns.selects(field)
        case .text, .timestamp, .vector: false
        }
    }

    /// Learns what to fill in. Cost: a selection a number column, no sort unless there are weights.
    public func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform {
        let table = try rows.table
        let positions = table.schema.fields.indices.filter { isFilled(table.schema.fields[$0]) }
        var fills = [ImputeFill?](repeating: nil, count: positions.count)
        fills.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let buffer = buffer
            Kernels(backend: context.backend, threads: context.threads).parallelFor(positions.count) { place in
                buffer[place] = fill(for: table.columns[positions[place]], weights: rows.weights)
            }
        }
        try context.checkCancellation()
        var named: [String: ImputeFill] = [:]
        var indicators: [String] = []
        for (position, fill) in zip(positions, fills) {
            let name = table.schema.fields[position].name
            let missing = table.columns[position].missingCount
            if missing > 0 || table.schema.fields[position].kind != .category { named[name] = fill }
            if addIndicator, missing > 0 { indicators.append(name) }
            if missing == table.rowCount, missing > 0 {
                context.send(
                    Warning("Column '\(name)' has no value in the training rows; it is filled with a constant."))
            }
        }
        return try FittedImpute(inputs: table.schema, fills: named, indicators: indicators)
    }

    private func fill(for column: Column, weights: Buffer<Double>?) -> ImputeFill {
        switch column.storage {
        case .flag, .category:
            let codes = column.doubles ?? Buffer(repeating: 0, count: 0)
            var sums: [Int: Double] = [:]
            for (row, code) in codes.enumerated() where !code.isNaN {
                sums[Int(code), default: 0] += weights?[row] ?? 1
            }
            // Of equally frequent values the first counts.
            let best = sums.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
            if case .category(_, let dictionary) = column.storage {
                return .label(dictionary.indices.contains(best) ? dictionary[best] : "")
            }
            return .flag(best == 1)
        default:
            let values = column.doubles ?? Buffer(repeating: 0, count: 0)
            return .number(strategy == .median ? median(values, weights) : average(values, weights))
        }
    }

    /// The fitted transform that `state` was saved from.
    public static func restore(_ state: State) throws -> any FittedTransform {
        let saved: FittedImpute.Saved = try state.decode()
        return try FittedImpute(inputs: saved.inputs, fills: saved.fills, indicators: saved.indicators)
    }
}
