import ApusCore
import Foundation

/// Classes by how near a row is to the mean of each: probabilities are the softmax of `−‖row − mean‖² / (2 · spread)`,
/// where `spread` is the mean squared distance of the training rows to the mean of their class, over the number of
/// features. Takes numbers and flags; the standard pipeline scales them first.
public struct NearestCentroid: Learner {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "model.nearest_centroid", summary: "Classes by the distance to each class's mean",
        source: "Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, section 18.2",
        tasks: [.binary, .multiclass], weights: .exact(tolerance: 1e-9))

    /// How much the means are drawn towards the mean of all rows.
    @Parameter("Share by which class means are drawn towards the mean of all rows.", in: .from(0, to: 1))
    public var shrinkage = 0.0

    /// The defaults.
    public init() {}

    /// Learns the means. Cost: two passes over the rows.
    public func fit(_ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws -> any Model {
        try context.checkCancellation()
        guard case .classes(let codes, let labels) = try rows.target else {
            throw ApusError("the target holds numbers, classes are needed", at: Self.descriptor.id, kind: .usage)
        }
        guard rows.count > 0 else { throw ApusError("there are no rows to learn from", at: Self.descriptor.id) }
        let features = try numbers(in: rows.table)
        let weights = rows.weights ?? Buffer(repeating: 1, count: rows.count)
        let width = features.columns
        var totals = [Double](repeating: 0, count: labels.count)
        var sums = [Double](repeating: 0, count: labels.count * width)
        for row in 0..<rows.count {
            let label = Int(codes[row])
            totals[label] += weights[row]
            for column in 0..<width { sums[label * width + column] += weights[row] * features[row, column] }
        }
        let total = totals.reduce(0, +)
        let overall = (0..<width).map { column in
            labels.indices.reduce(0) { $0 + sums[$1 * width + column] } / total
        }
        // A class without rows stands at the mean of all.
        let centroids = sums.indices.map { place in
            let (label, column) = (place / width, place % width)
            guard totals[label] > 0 else { return overall[column] }
            return sums[place] / totals[label] * (1 - shrinkage) + overall[column] * shrinkage
        }
        var spread = 0.0
        for row in 0..<rows.count {
            for column in 0..<width {
                let distance = features[row, column] - centroids[Int(codes[row]) * width + column]
                spread += weights[row] * distance * distance
            }
        }
        spread /= total * Double(max(1, width))
        return NearestCentroidModel(
            inputs: try rows.table.schema, outputs: Prediction.Schema(for: try rows.target), centroids: centroids,
            spread: spread > 0 ? spread : 1)
    }

    /// The model that `state` was saved from.
    public static func restore(_ state: State) throws -> any Model {
        let saved: NearestCentroidModel.Saved = try state.decode()
        let centroids: Buffer<Double> = try state.elements("centroids")
        let (expected, overflow) = saved.outputs.labels.count.multipliedReportingOverflow(
            by: saved.inputs.fields.count)
        guard !overflow, centroids.count == expected, centroids.allSatisfy(\.isFinite), saved.spread > 0,
            saved.spread.isFinite, saved.outputs.task.isClassification
        else { throw ApusError("the state of \(descriptor.id) is damaged", remedy: "Train the model again.") }
        return NearestCentroidModel(
            inputs: saved.inputs, outputs: saved.outputs, centroids: Array(centroids), spread: saved.spread)
    }
}

/// The columns of a table as numbers; throws where a value is missing or infinite.
func numbers(in table: Table) throws -> Matrix<Double> {
    let matrix = try Matrix(table)
    for row in 0..<matrix.rows {
        for column in 0..<matrix.columns where !matrix[row, column].isFinite {
            throw ApusError(
                "a value is missing or infinite", at: "column '\(table.schema.names[column])' row \((row + 1).grouped)",
                remedy: "Add transform.impute before \(NearestCentroid.descriptor.id).")
        }
    }
    return matrix
}
