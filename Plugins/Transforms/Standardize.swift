import ApusCore
import ApusKernels

/// Brings number columns to mean 0 and standard deviation 1 over the training rows; missing values stay missing.
///
/// The deviation is the population's (divided by n). A column of one value becomes 0. Weights count as repetition.
/// Vectors pass as they are: without their mean nothing of them would be 0 any more.
/// Source: Chan, Golub and LeVeque, "Algorithms for computing the sample variance", The American Statistician 37 (1983).
public struct Standardize: Transform {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "transform.standardize", summary: "Scale numbers to mean 0 and standard deviation 1",
        source: "Chan, Golub and LeVeque, 1983",
        capabilities: [.missingValues, .categories, .text, .timestamps, .vectors], weights: .exact(tolerance: 1e-9))

    /// Which number columns are scaled.
    @Parameter("Number columns to scale.") public var columns = ColumnSelector.kind(.number)
    /// Whether the mean is subtracted.
    @Parameter("Subtract the mean.") public var withMean = true
    /// Whether values are divided by the deviation.
    @Parameter("Divide by the standard deviation.") public var withStd = true

    /// All parameters at their defaults.
    public init() {}

    /// The same columns.
    public func plan(_ schema: Schema) throws -> Schema { schema }

    /// Learns means and deviations in one pass over the data.
    public func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform {
        let table = try rows.table
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        var scales: [String: FittedStandardize.Scale] = [:]
        for (field, column) in zip(table.schema.fields, table.columns)
        where field.kind == .number && columns.selects(field) {
            try context.checkCancellation()
            let moments = try moments(of: column, weights: rows.weights, kernels)
            // A deviation that overflows, or underflows to nothing, cannot scale.
            let deviation = moments.deviation
            let isConstant = moments.isConstant || deviation == 0
            guard isConstant || deviation.isFinite else {
                throw ApusError(
                    "the values are too large to scale", at: "column '\(field.name)'",
                    remedy: "Set it aside, or give it in another unit.")
            }
            if isConstant, table.rowCount > 1 {
                context.send(Warning("Column '\(field.name)' has one value in the training rows; it becomes 0."))
            }
            scales[field.name] = FittedStandardize.Scale(
                mean: withMean || isConstant ? moments.mean : 0, deviation: withStd && !isConstant ? deviation : 1,
                isConstant: isConstant)
        }
        return try FittedStandardize(inputs: table.schema, scales: scales)
    }

    private func moments(of column: Column, weights: Buffer<Double>?, _ kernels: Kernels) throws -> Moments {
        guard let values = column.doubles else { return .empty }
        guard let validity = column.validity else { return try kernels.moments([values], weights: weights)[0] }
        let present = values.indices.filter { validity[$0] }
        let kept = Buffer(present.map { values[$0] })
        return try kernels.moments([kept], weights: weights.map { weights in Buffer(present.map { weights[$0] }) })[0]
    }

    /// The fitted transform that `state` was saved from.
    public static func restore(_ state: State) throws -> any FittedTransform {
        let saved: FittedStandardize.Saved = try state.decode()
        return try FittedStandardize(inputs: saved.inputs, scales: saved.scales)
    }
}
