import ApusCore
import ApusKernels

extension LinearModel: ElementExplainable, RowPredicting {
    /// `coefficient`: |coefficient| × the feature's standard deviation, the mean over the scores; of a vector the root of
    /// the sum of its elements' squares.
    public var importance: [String: [Double]] {
        let starts = inputs.elementStarts
        let shares = coefficients.reduce([Double](repeating: 0, count: inputs.fields.count)) { sums, coefficients in
            sums.indices.map { position in
                let elements = starts[position]..<starts[position + 1]
                if elements.count == 1 {
                    return sums[position] + abs(coefficients[starts[position]]) * deviations[starts[position]]
                }
                let squares = elements.reduce(0.0) { sum, place in
                    let share = coefficients[place] * deviations[place]
                    return sum + share * share
                }
                return sums[position] + squares.squareRoot()
            }
        }
        return ["coefficient": shares.map { $0 / Double(max(scores, 1)) }]
    }

    /// coefficient
    public var mainImportance: String { "coefficient" }

    /// So many elements of vectors are named among the coefficients.
    private static let namedElements = 50

    /// The intercepts and the coefficients; where there are vectors those of all columns, and of the elements that
    /// matter most.
    public var facts: [String: JSON] {
        var facts = choices.mapValues(\.json)
        facts["intercepts"] = intercepts.json
        let places = namedPlaces
        let names = places.map(inputs.elementName)
        facts["coefficients"] = .list(
            coefficients.map { coefficients in
                .object(
                    Dictionary(
                        zip(names, places.map { coefficients[$0].json }), uniquingKeysWith: { first, _ in first }))
            })
        if inputs.hasVectors {
            facts["elements"] = means.count.json
            facts["elements_in_use"] =
                means.indices.count { place in
                    stride(from: place, to: scaledCoefficients.count, by: means.count).contains {
                        scaledCoefficients[$0] != 0
                    }
                }.json
        }
        return facts
    }

    private var namedPlaces: [Int] {
        guard inputs.hasVectors else { return Array(means.indices) }
        let starts = inputs.elementStarts
        let columns = inputs.fields.indices.filter { inputs.fields[$0].kind != .vector }.map { starts[$0] }
        return columns + leadingPlaces(Self.namedElements).map(\.place)
    }

    /// The elements of vectors with the greatest |coefficient| × standard deviation, the mean over the scores.
    private func leadingPlaces(_ count: Int) -> [(place: Int, importance: Double)] {
        let starts = inputs.elementStarts
        let places = inputs.fields.indices.filter { inputs.fields[$0].kind == .vector }.flatMap {
            starts[$0]..<starts[$0 + 1]
        }
        let found = places.map { place in
            (
                place: place,
                importance: coefficients.reduce(0) { $0 + abs($1[place]) } * deviations[place] / Double(max(scores, 1))
            )
        }
        return Array(
            found.filter { $0.importance > 0 }.sorted { ($1.importance, $0.place) < ($0.importance, $1.place) }
                .prefix(count))
    }

    /// By the measure of `importance`.
    public func leadingElements(_ count: Int) -> [(name: String, importance: Double)] {
        leadingPlaces(count).map { (inputs.elementName($0.place), $0.importance) }
    }

    /// `(x − mean) · coefficient` of each entry.
    public func contributions(ofEntries rows: SparseRows, row: Int, at position: Int) -> [[Double]] {
        let start = inputs.elementStarts[position]
        return coefficients.map { coefficients in
            rows.entries(of: row).map { entry in
                let place = start + Int(rows.indices[entry])
                return (rows.values[entry] - means[place]) * coefficients[place]
            }
        }
    }

    /// Contributions `(x − mean) · coefficient`, summed over the elements of a vector, and the score at the means, for
    /// each score.
    public func contributions(_ table: Table, in context: RunContext) throws -> [Matrix<Double>] {
        let features = try LinearFeatures(try inputs.align(table))
        return zip(coefficients, centredIntercepts).map { coefficients, intercept in
            features.contributions(to: inputs, means: means, coefficients: coefficients, intercept: intercept)
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
