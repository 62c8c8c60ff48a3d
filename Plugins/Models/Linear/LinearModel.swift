import ApusCore
import ApusKernels
import Foundation

/// A fitted linear model: each output's score is `Σ (x − mean) · coefficient + intercept`, over all columns and all
/// elements of vectors.
///
/// The means are kept apart from the intercept, so that no digits are lost on columns far from zero.
public struct LinearModel: Model {
    /// What turns scores into outputs.
    package enum Link: String, Codable, Sendable {
        case identity
        case logistic
        case softmax
        /// One score a class against the rest, made to sum to 1.
        case oneVersusRest
        /// One score a label, each on its own.
        case independent
    }

    /// The features it was fitted on.
    public let inputs: Schema
    /// What it answers.
    public let outputs: Prediction.Schema
    package let plugin: any Plugin.Type
    package let link: Link
    /// `(scores, elements)`, row-major.
    package let scaledCoefficients: [Double]
    /// At the means.
    package let centredIntercepts: [Double]
    package let means: [Double]
    package let deviations: [Double]
    /// What fitting chose by itself, such as the strength of a penalty.
    public let choices: [String: Double]

    init(
        plugin: any Plugin.Type, link: Link, inputs: Schema, outputs: Prediction.Schema, coefficients: [Double],
        intercepts: [Double], means: [Double], deviations: [Double], choices: [String: Double] = [:]
    ) {
        self.plugin = plugin
        self.link = link
        self.inputs = inputs
        self.outputs = outputs
        scaledCoefficients = coefficients
        centredIntercepts = intercepts
        self.means = means
        self.deviations = deviations
        self.choices = choices
    }

    /// How many scores a row has: 1 for numbers and two classes, else one a class or label.
    var scores: Int { centredIntercepts.count }

    /// One list a score: the weight of each feature, or of each element of a vector, in the inputs' order.
    public var coefficients: [[Double]] {
        let width = means.count
        return (0..<scores).map { Array(scaledCoefficients[$0 * width..<($0 + 1) * width]) }
    }

    /// One a score: its value where all features are 0.
    public var intercepts: [Double] {
        zip(centredIntercepts, coefficients).map { intercept, coefficients in
            // Two words carry the sum: the terms may be much larger than what remains.
            var (sum, rest) = (intercept, 0.0)
            for (coefficient, mean) in zip(coefficients, means) {
                let product = -coefficient * mean
                rest += (-coefficient).addingError(of: product, times: mean)
                let total = sum + product
                let part = total - sum
                rest += (sum - (total - part)) + (product - part)
                sum = total
            }
            return sum + rest
        }
    }

    /// One answer a row. Cost: rows · features · scores multiplications, straight from the columns; of vectors only the
    /// entries count.
    public func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        let aligned = try inputs.align(table)
        let rows = aligned.rowCount
        let features = try LinearFeatures(aligned)
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        let margins = try zip(coefficients, centredIntercepts).map { coefficients, intercept in
            try features.margins(means: means, coefficients: coefficients, intercept: intercept, kernels)
        }
        let answers: [Buffer<Double>]
        switch link {
        case .identity: answers = margins
        case .softmax: answers = kernels.softmax(margins)
        case .logistic:
            let positive = kernels.logistic(margins[0])
            answers = [Buffer(positive.map { 1 - $0 }), positive]
        case .independent: answers = margins.map(kernels.logistic)
        case .oneVersusRest:
            let alone = margins.map(kernels.logistic)
            let sums = Buffer((0..<rows).map { row in alone.reduce(0) { $0 + $1[row] } })
            answers = alone.map { values in
                Buffer(values.indices.map { sums[$0] > 0 ? values[$0] / sums[$0] : 1 / Double(margins.count) })
            }
        }
        for (row, value) in answers[0].enumerated() where !value.isFinite {
            for (place, column) in zip(features.places, features.columns) {
                try refuseNonFinite(column, inputs.elementName(place))
            }
            throw ApusError(
                "the prediction for row \((row + 1).grouped) is not finite", remedy: "Look for very large values.")
        }
        let width = answers.count
        return try Prediction(
            outputs,
            Matrix(rows: rows, columns: width) { target in
                for (output, answer) in answers.enumerated() {
                    for row in 0..<rows { target[row * width + output] = answer[row] }
                }
            })
    }
}

extension Double {
    /// What `product`, the rounded `self * factor`, lacks.
    fileprivate func addingError(of product: Double, times factor: Double) -> Double {
        (-product).addingProduct(self, factor)
    }
}
