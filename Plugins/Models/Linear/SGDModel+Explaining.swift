import ApusCore
import ApusKernels

extension SGDModel: ElementExplainable {
    var mainImportance: String { "coefficient" }

    /// `coefficient`: the mean size of a feature's coefficients over the scores; features of equal spread compare. Of
    /// a vector the root of the sum of its elements' squares.
    var importance: [String: [Double]] {
        let scores = Double(max(1, intercepts.count))
        return [
            "coefficient": zip(inputs.fields, inputs.elementStarts).map { field, start in
                stride(from: start, to: coefficients.count, by: max(1, width)).reduce(0.0) { sum, first in
                    let own = coefficients[first..<first + field.elements]
                    return sum + (own.count == 1 ? abs(own[first]) : own.reduce(0) { $0 + $1 * $1 }.squareRoot())
                } / scores
            }
        ]
    }

    var facts: [String: JSON] {
        [
            "intercepts": intercepts.json, "epochs": course.epochs.json, "steps": course.steps.json,
            "coefficients": inputs.hasVectors ? .null : .list(coefficientsOfScores.map(\.json)),
            "elements": width.json,
        ]
    }

    private var coefficientsOfScores: [[Double]] {
        intercepts.indices.map { Array(coefficients[$0 * width..<($0 + 1) * width]) }
    }

    /// By the mean size of their coefficients over the scores.
    func leadingElements(_ count: Int) -> [(name: String, importance: Double)] {
        let starts = inputs.elementStarts
        let places = inputs.fields.indices.filter { inputs.fields[$0].kind == .vector }.flatMap {
            starts[$0]..<starts[$0 + 1]
        }
        let found = places.map { place in
            let sizes = stride(from: place, to: coefficients.count, by: width).map { abs(coefficients[$0]) }
            return (place: place, importance: sizes.reduce(0, +) / Double(sizes.count))
        }
        return found.filter { $0.importance > 0 }.sorted { ($1.importance, $0.place) < ($0.importance, $1.place) }
            .prefix(count).map { (inputs.elementName($0.place), $0.importance) }
    }

    /// `x · coefficient` of each entry.
    func contributions(ofEntries rows: SparseRows, row: Int, at position: Int) -> [[Double]] {
        let start = inputs.elementStarts[position]
        return coefficientsOfScores.map { coefficients in
            rows.entries(of: row).map { rows.values[$0] * coefficients[start + Int(rows.indices[$0])] }
        }
    }

    /// Contributions `x · coefficient`, summed over the elements of a vector, and the intercept, for each score: what
    /// moves it away from that of a row of zeros, which is the mean row where columns are standardised.
    func contributions(_ table: Table, in context: RunContext) throws -> [Matrix<Double>] {
        let features = try LinearFeatures(try inputs.align(table))
        return zip(coefficientsOfScores, intercepts).map { coefficients, intercept in
            features.contributions(to: inputs, means: means, coefficients: coefficients, intercept: intercept)
        }
    }
}
