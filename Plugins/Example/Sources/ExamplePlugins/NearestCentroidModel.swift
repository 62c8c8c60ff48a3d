import ApusCore
import Foundation

/// The means of the classes.
struct NearestCentroidModel: Inspectable {
    /// The part of the state that is no tensor.
    struct Saved: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var spread: Double
    }

    let inputs: Schema
    let outputs: Prediction.Schema
    /// `(classes, features)`, row-major.
    let centroids: [Double]
    let spread: Double

    func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        let features = try numbers(in: inputs.align(table))
        let classes = outputs.outputs
        return try Prediction(
            outputs,
            Matrix(rows: features.rows, columns: classes) { target in
                for row in 0..<features.rows {
                    let scores = (0..<classes).map { -distance(features, row, to: $0) / (2 * spread) }
                    let largest = scores.max() ?? 0
                    let shares = scores.map { exp($0 - largest) }
                    let sum = shares.reduce(0, +)
                    for label in 0..<classes { target[row * classes + label] = shares[label] / sum }
                }
            })
    }

    private func distance(_ features: Matrix<Double>, _ row: Int, to label: Int) -> Double {
        var sum = 0.0
        for column in 0..<features.columns {
            let difference = features[row, column] - centroids[label * features.columns + column]
            sum += difference * difference
        }
        return sum
    }

    func state() throws -> State {
        try State(
            of: NearestCentroid.self, Saved(inputs: inputs, outputs: outputs, spread: spread),
            tensors: ["centroids": Tensor(centroids, shape: [outputs.outputs, inputs.fields.count])])
    }

    /// How far the class means lie apart on each feature.
    var importance: [String: [Double]] {
        let width = inputs.fields.count
        let spans = (0..<width).map { column in
            let means = stride(from: column, to: centroids.count, by: width).map { centroids[$0] }
            return (means.max() ?? 0) - (means.min() ?? 0)
        }
        return ["span": spans]
    }

    var mainImportance: String { "span" }
    var facts: [String: JSON] { ["classes": outputs.outputs.json] }
}
