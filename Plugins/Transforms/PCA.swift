import ApusCore
import ApusKernels

/// Replaces number columns by their principal components: the directions of largest variance, in falling order.
///
/// Columns are centred, not scaled: put `transform.standardize` before it where units differ. Each direction's component
/// of largest size is positive. A missing value counts as the mean of its column. Weights count as repetition.
/// Cost: rows · columns² for more rows than columns, from the eigenvectors of the covariance matrix; else a singular
/// value decomposition of the rows.
/// Source: Jolliffe, Principal Component Analysis, 2002.
public struct PCA: Transform {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "transform.pca", summary: "Replace numbers by their principal components",
        source: "Jolliffe, Principal Component Analysis, 2002",
        capabilities: [.missingValues, .categories, .text, .timestamps, .vectors], weights: .exact(tolerance: 1e-6))

    /// Which number columns are replaced.
    @Parameter("Number columns to replace.") public var columns = ColumnSelector.kind(.number)
    /// How many components are kept.
    @Parameter(
        "Components to keep: how many, or below 1 the share of the variance that they have to explain; null keeps all.",
        in: .above(0))
    public var nComponents: Double? = nil
    /// Whether components are scaled.
    @Parameter("Scale components to variance 1.") public var whiten = false

    /// All parameters at their defaults.
    public init() {}

    /// A number of components is whole.
    public func validate() throws {
        guard let nComponents, nComponents >= 1, nComponents != nComponents.rounded(.down) else { return }
        throw ApusError(
            "expected a whole number or a share below 1, found \(nComponents)", at: "parameter 'n_components'",
            kind: .usage)
    }

    private func replaces(_ field: Field) -> Bool { field.kind == .number && columns.selects(field) }

    /// The other columns, then `pca1`, `pca2`, … as far as they are known.
    public func plan(_ schema: Schema) throws -> Schema {
        let replaced = schema.fields.filter(replaces)
        if let nComponents, nComponents >= 1, !replaced.contains(where: { $0.name.contains("*") }),
            nComponents > Double(replaced.count)
        {
            throw ApusError(
                "\(Int(nComponents).grouped) components are asked of \(replaced.count.grouped) number columns",
                remedy: "Lower n_components.", kind: .usage)
        }
        let rest = schema.fields.filter { !replaces($0) }
        return try Schema(rest + (replaced.isEmpty ? [] : [Field("pca*", .number)]))
    }

    /// Learns the directions.
    public func fit(_ rows: TrainingRows, in context: RunContext) throws -> any FittedTransform {
        try context.checkCancellation()
        let table = try rows.table
        let names = table.schema.fields.filter(replaces).map(\.name)
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        guard context.communicator.size == 1 else {
            throw ApusError("\(Self.descriptor.id) works on one process", kind: .usage)
        }
        guard table.rowCount > 0 else { throw ApusError("there are no rows to learn from", at: Self.descriptor.id) }
        let given = try names.map { try table.column($0).doubles ?? Buffer([]) }
        var (filled, moments) = (given, try kernels.moments(given, weights: rows.weights))
        // A missing value shows in the mean, unless its row weighs nothing, so that columns without one are read once.
        let gaps = moments.indices.filter { place in
            moments[place].mean.isNaN || rows.weights != nil && given[place].contains(where: \.isNaN)
        }
        for place in gaps {
            filled[place] = PCA.filling(given[place], with: try mean(of: given[place], weights: rows.weights, kernels))
        }
        for (place, found) in zip(gaps, try kernels.moments(gaps.map { filled[$0] }, weights: rows.weights)) {
            moments[place] = found
        }
        for (name, found) in zip(names, moments) where !found.mean.isFinite || !found.squares.isFinite {
            throw ApusError(
                "a value is infinite or too large to square", at: "column '\(name)'",
                remedy: "Declare it missing, or give the column in another unit.")
        }
        let source = try StandardizedColumns(
            filled, means: moments.map(\.mean), scales: names.map { _ in 1 },
            factors: rows.weights.map { Buffer($0.map { $0.squareRoot() }) }, rows: table.rowCount)
        try context.checkCancellation()
        let spectrum = try spectrum(source, kernels)
        let weight = moments.first?.weight ?? 0
        let variances = spectrum.squares.map { weight > 1 ? max(0, $0) / (weight - 1) : 0 }
        let kept = try count(variances)
        return try FittedPCA(
            inputs: table.schema, columns: names, means: moments.map(\.mean),
            components: (0..<kept).map { Array(spectrum.vectors.row($0)) },
            scales: variances.prefix(kept).map { whiten && $0 > 0 ? $0.squareRoot() : 1 })
    }

    /// The squares of the singular values in falling order, and their directions as rows.
    private func spectrum(
        _ source: StandardizedColumns, _ kernels: Kernels
    ) throws -> (squares: [Double], vectors: Matrix<Double>) {
        let width = source.columns.count
        guard width > 0 else { return ([], Matrix(rows: 0, columns: 0) { _ in }) }
        if source.rows < width {
            let found = try kernels.singularValues(kernels.packed(source))
            return (found.values.map { $0 * $0 }, found.v)
        }
        let found = try kernels.symmetricEigen(kernels.gram(source))
        let vectors = Matrix<Double>(rows: width, columns: width) { target in
            for row in 0..<width {
                for column in 0..<width { target[row * width + column] = found.vectors[width - 1 - row, column] }
            }
        }
        return (found.values.reversed(), vectors)
    }

    /// How many components are kept: as many as are asked for, or as explain more than the share that is.
    private func count(_ variances: [Double]) throws -> Int {
        guard let nComponents else { return variances.count }
        guard nComponents < 1 else {
            guard nComponents <= Double(variances.count) else {
                throw ApusError(
                    "\(Int(nComponents).grouped) components are asked of rows that have \(variances.count.grouped)",
                    at: Self.descriptor.id, remedy: "Lower n_components.", kind: .usage)
            }
            return Int(nComponents)
        }
        let total = variances.reduce(0, +)
        var (sum, count) = (0.0, 0)
        while count < variances.count, count == 0 || sum <= nComponents * total {
            sum += variances[count]
            count += 1
        }
        return count
    }

    /// The weighted mean of the values that are there; 0 where there are none.
    private func mean(of values: Buffer<Double>, weights: Buffer<Double>?, _ kernels: Kernels) throws -> Double {
        let present = values.indices.filter { !values[$0].isNaN }
        return try kernels.moments(
            [Buffer(present.map { values[$0] })],
            weights: weights.map { weights in Buffer(present.map { weights[$0] }) }
        )[0].mean
    }

    static func filling(_ values: Buffer<Double>, with fill: Double) -> Buffer<Double> {
        values.contains(where: \.isNaN) ? Buffer(values.map { $0.isNaN ? fill : $0 }) : values
    }

    /// The fitted transform that `state` was saved from.
    public static func restore(_ state: State) throws -> any FittedTransform { try FittedPCA(state) }
}
