import ApusCore
import ApusKernels

/// What naive Bayes remembers of rows: for each class its weight and sums over each column. Those of two sets of rows
/// merge into those of both.
struct ClassStatistics: Sendable, Equatable {
    /// Σ weight of each class.
    var weights: [Double]
    /// `(classes, places)`: sums, or means where there are squares. A column has one place, or one a category.
    var sums: [Double]
    /// `(classes, places)`: weighted squared deviations from the class mean; empty where sums are plain.
    var squares: [Double]
    /// Of each column of numbers that count as categories, these in ascending order; empty lists elsewhere.
    var values: [[Double]]

    /// How many places a class has.
    var places: Int { weights.isEmpty ? 0 : sums.count / weights.count }

    /// Both sets of rows together. Their places must be the same.
    func merged(with other: ClassStatistics) -> ClassStatistics {
        var result = self
        result.weights = zip(weights, other.weights).map(+)
        guard !squares.isEmpty else {
            result.sums = zip(sums, other.sums).map(+)
            return result
        }
        let width = places
        for code in weights.indices where other.weights[code] > 0 {
            for place in code * width..<(code + 1) * width {
                let merged = moments(place, weights[code]).merged(with: other.moments(place, other.weights[code]))
                result.sums[place] = merged.mean
                result.squares[place] = merged.squares
            }
        }
        return result
    }

    /// The moments of one place, for merging and for the variance over all classes.
    func moments(_ place: Int, _ weight: Double) -> Moments {
        Moments(weight: weight, mean: sums[place], squares: squares[place], least: 0, greatest: 0)
    }

    /// Over the rows of all processes.
    func combined(_ communicator: any Communicator) throws -> ClassStatistics {
        guard communicator.size > 1 else { return self }
        func summed(_ values: [Double]) throws -> [Double] {
            var values = values
            try values.withUnsafeMutableBufferPointer { try communicator.sum($0) }
            return values
        }
        var result = self
        result.weights = try summed(weights)
        guard !squares.isEmpty else {
            result.sums = try summed(sums)
            return result
        }
        let width = places
        let totals = try summed(sums.indices.map { weights[$0 / width] * sums[$0] })
        result.sums = totals.indices.map {
            result.weights[$0 / width] > 0 ? totals[$0] / result.weights[$0 / width] : 0
        }
        result.squares = try summed(
            sums.indices.map {
                let difference = sums[$0] - result.sums[$0]
                return squares[$0] + weights[$0 / width] * difference * difference
            })
        return result
    }
}
