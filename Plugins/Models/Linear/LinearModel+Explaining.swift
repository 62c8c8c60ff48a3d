import ApusCore
import ApusKernels

extension LinearModel: Inspectable, Explainable, RowPredicting {
    /// `coefficient`: |coefficient| × the feature's standard deviation, the mean over the scores.
    public var importance: [String: [Double]] {
        let sums = coefficients.reduce([Double](repeating: 0, count: means.count)) { sums, coefficients in
            zip(sums, zip(coefficients, deviations)).map { $0 + abs($1.0) * $1.1 }
        }
        return ["coefficient": sums.map { $0 / Double(max(scores, 1)) }]
    }

    /// coefficient
    public var mainImportance: String { "coefficient" }

    /// The coefficients and the intercepts.
    public var facts: [String: JSON] {
        let names = inputs.names
        let lists = coefficients.map { coefficients in
            JSON.object(Dictionary(zip(names, coefficients.map(\.json)), uniquingKeysWith: { first, _ in first }))
        }
        return choices.mapValues(\.json).merging(
            ["coefficients": .list(lists), "intercepts": intercepts.json]) { _, own in own }
    }

    /// Contributions `(x − mean) · coefficient` and the score at the means, for each score.
    public func contributions(_ table: Table, in context: RunContext) throws -> [Matrix<Double>] {
        let aligned = try inputs.align(table)
        let columns = try finiteColumns(of: aligned)
        let width = columns.count + 1
        return zip(coefficients, centredIntercepts).map { coefficients, intercept in
            Matrix(rows: aligned.rowCount, columns: width) { target in
                for row in 0..<aligned.rowCount {
                    for (position, column) in columns.enumerated() {
                        target[row * width + position] = (column[row] - means[position]) * coefficients[position]
                    }
                    target[row * width + columns.count] = intercept
                }
            }
        }
    }

    /// One row: features in the inputs' order; writes the outputs. A missing value makes them NaN.
    public func predict(row: UnsafeBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Double>) {
        let width = means.count
        for score in 0..<scores {
            var sum = centredIntercepts[score]
            for position in 0..<width where scaledCoefficients[score * width + position] != 0 {
                sum += (row[position] - means[position]) * scaledCoefficients[score * width + position]
            }
            outputs[score] = sum
        }
        switch link {
        case .identity: break
        case .logistic:
            let positive = Kernels.logistic(outputs[0])
            outputs[0] = 1 - positive
            outputs[1] = positive
        case .softmax: Kernels.softmax(row: UnsafeMutableBufferPointer(rebasing: outputs[..<scores]))
        case .independent:
            for score in 0..<scores { outputs[score] = Kernels.logistic(outputs[score]) }
        case .oneVersusRest:
            var sum = 0.0
            for score in 0..<scores {
                outputs[score] = Kernels.logistic(outputs[score])
                sum += outputs[score]
            }
            for score in 0..<scores { outputs[score] = sum > 0 ? outputs[score] / sum : 1 / Double(scores) }
        }
    }
}
