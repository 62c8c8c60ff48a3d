import ApusCore
import ApusKernels

/// The features of a fit as columns of doubles, or as sparse rows where there are vectors, with the mean and scale that
/// bring each element to mean 0 and deviation 1. Without vectors every column is one element.
struct Design {
    /// The schema of the features.
    let inputs: Schema
    /// The values, none missing; empty where there are vectors.
    let columns: [Buffer<Double>]
    /// The active elements where there are vectors.
    let sparse: SparseDesign?
    /// The number of rows.
    let rows: Int
    /// Weight, mean, spread and range of each element.
    let moments: [Moments]
    /// What is subtracted; 0 without an intercept.
    let means: [Double]
    /// The deviation (the root mean square without an intercept); 0 for columns that say nothing.
    let deviations: [Double]
    /// Positions of the elements that say something.
    let active: [Int]

    /// Checks the features and measures them, once over the data. Throws where a value is missing or not finite.
    init(_ rows: TrainingRows, isCentred: Bool, _ kernels: Kernels, in context: RunContext) throws {
        let features = try LinearFeatures(rows)
        var moments = try features.moments(weights: rows.weights, kernels)
        try context.communicator.combine(&moments)
        try self.init(try rows.table, features, moments, isCentred: isCentred, kernels)
    }

    /// The same of features that were measured before.
    init(
        _ table: Table, _ features: LinearFeatures, _ moments: [Moments], isCentred: Bool, _ kernels: Kernels
    ) throws {
        for (element, found) in moments.enumerated() where !found.mean.isFinite || !found.squares.isFinite {
            let name = table.schema.elementName(element)
            for (place, column) in zip(features.places, features.columns) where place == element {
                try refuseNonFinite(column, name)
            }
            throw ApusError(
                "the values are too large to square", at: "column '\(name)'",
                remedy: "Scale it with transform.standardize, or give it in another unit.")
        }
        inputs = table.schema
        columns = features.vectors.isEmpty ? features.columns : []
        rows = table.rowCount
        self.moments = moments
        means = isCentred ? moments.map(\.mean) : [Double](repeating: 0, count: moments.count)
        let deviations = moments.map { found in
            if isCentred { return found.isConstant ? 0 : found.deviation }
            return (found.variance + found.mean * found.mean).squareRoot()
        }
        self.deviations = deviations
        active = deviations.indices.filter { deviations[$0] > 0 && (1 / deviations[$0]).isFinite }
        sparse =
            features.vectors.isEmpty
            ? nil : try SparseDesign(features, active: active, means: means, deviations: deviations, kernels)
    }

    /// The number of elements.
    var width: Int { moments.count }

    /// The active columns, standardised.
    func standardized(
        with target: (column: Buffer<Double>, mean: Double, scale: Double)? = nil, factors: Buffer<Double>? = nil
    ) throws -> StandardizedColumns {
        try StandardizedColumns(
            active.map { columns[$0] } + (target.map { [$0.column] } ?? []),
            means: active.map { means[$0] } + (target.map { [$0.mean] } ?? []),
            scales: active.map { 1 / deviations[$0] } + (target.map { [1 / $0.scale] } ?? []), factors: factors,
            rows: rows)
    }

    /// One value an element from one value an active one; 0 for the others.
    func spread(_ values: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: width)
        for (position, value) in zip(active, values) { result[position] = value }
        return result
    }
}

/// The columns as doubles; throws where a column holds labels, texts or times, or a value is missing.
func finiteColumns(of table: Table) throws -> [Buffer<Double>] {
    try zip(table.schema.fields, table.columns).map(finiteColumn)
}

/// One column as doubles; throws where it holds labels, texts, times or vectors, or a value is missing.
func finiteColumn(_ field: Field, _ column: Column) throws -> Buffer<Double> {
    guard field.kind == .number || field.kind == .flag, let values = column.doubles else {
        let remedies: [ColumnKind: String] = [
            .category: "Add transform.one_hot before it.", .vector: "Add transform.expand before it.",
        ]
        throw ApusError(
            "a \(field.kind.rawValue) is not a number", at: "column '\(field.name)'",
            remedy: remedies[field.kind] ?? "Ignore the column.")
    }
    try refuseMissing(in: column, field.name)
    return values
}

/// Throws where a value is missing.
func refuseMissing(in column: Column, _ name: String) throws {
    if column.missingCount > 0, let row = (0..<column.count).first(where: column.isMissing) {
        throw ApusError(
            "a value is missing", at: "column '\(name)' row \((row + 1).grouped)",
            remedy: "Add transform.impute before it.")
    }
}

/// Throws where a value is not finite.
func refuseNonFinite(_ values: Buffer<Double>, _ name: String) throws {
    if let row = values.firstIndex(where: { !$0.isFinite }) {
        throw ApusError(
            "expected a finite number, found \(values[row])", at: "column '\(name)' row \((row + 1).grouped)",
            remedy: "Declare it missing and add transform.impute.")
    }
}

extension Communicator {
    /// Moments over the rows of all processes.
    func combine(_ moments: inout [Moments]) throws {
        guard size > 1 else { return }
        func summed(_ values: [Double]) throws -> [Double] {
            var values = values
            try values.withUnsafeMutableBufferPointer { try sum($0) }
            return values
        }
        let weights = try summed(moments.map(\.weight))
        let totals = try summed(moments.map { $0.weight * $0.mean })
        let means = zip(totals, weights).map { $1 > 0 ? $0 / $1 : 0 }
        let squares = try summed(
            zip(moments, means).map { $0.squares + $0.weight * ($0.mean - $1) * ($0.mean - $1) })
        for place in moments.indices {
            // Ranges do not sum; a column of one value everywhere has no squares.
            let reach = squares[place] > 0 ? 1.0 : 0
            moments[place] = Moments(
                weight: weights[place], mean: means[place], squares: squares[place], least: means[place] - reach,
                greatest: means[place] + reach)
        }
    }

    /// The elements summed over all processes.
    func summed(_ values: [Double]) throws -> [Double] {
        guard size > 1 else { return values }
        var values = values
        try values.withUnsafeMutableBufferPointer { try sum($0) }
        return values
    }
}
