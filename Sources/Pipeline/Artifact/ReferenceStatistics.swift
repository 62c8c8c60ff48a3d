import ApusCore

/// What the columns of the training rows looked like.
public struct ReferenceStatistics: Sendable, Codable, Equatable {
    /// One column.
    public struct Feature: Sendable, Codable, Equatable {
        /// The column.
        public var name: String
        /// The share of missing values.
        public var missing: Double
        /// The mean of a number or flag; of a vector that of the number of its entries, and so below.
        public var mean: Double?
        /// The standard deviation of a number or flag, with divisor n.
        public var deviation: Double?
        /// Minimum, the nine deciles, maximum of a number or flag.
        public var quantiles: [Double]?
        /// How often each label occurs, in the order of the schema.
        public var counts: [Int]?
    }

    /// Rows looked at.
    public var rows: Int
    /// One entry a feature, in the order of the schema.
    public var features: [Feature]

    /// Above this many rows, quantiles come from evenly spaced rows.
    private static let mostRowsSorted = 20_000

    /// Statistics of a table's columns.
    public init(_ table: Table) {
        rows = table.rowCount
        features = zip(table.schema.fields, table.columns).map { field, column in
            let missing = table.rowCount == 0 ? 0 : Double(column.missingCount) / Double(table.rowCount)
            var feature = Feature(name: field.name, missing: missing)
            if let counts = column.categoryCounts {
                feature.counts = counts
            } else if let rows = column.vectors {
                let counts = Buffer((0..<rows.count).map { Double(rows.entries(of: $0).count) })
                ReferenceStatistics.describe(counts, into: &feature)
            } else if let values = column.doubles {
                ReferenceStatistics.describe(values, into: &feature)
            }
            return feature
        }
    }

    private static func describe(_ values: Buffer<Double>, into feature: inout Feature) {
        var (count, mean, squares) = (0.0, 0.0, 0.0)
        values.withUnsafeBufferPointer { values in
            for value in values where !value.isNaN {
                count += 1
                let difference = value - mean
                mean += difference / count
                squares += difference * (value - mean)
            }
        }
        guard count > 0 else { return }
        feature.mean = mean
        feature.deviation = (squares / count).squareRoot()
        let step = max(1, values.count / mostRowsSorted)
        var sample = stride(from: 0, to: values.count, by: step).map { values[$0] }.filter { !$0.isNaN }
        if sample.isEmpty { sample = values.filter { !$0.isNaN } }
        sample.sort()
        feature.quantiles = (0...10).map { sample[min(sample.count - 1, $0 * (sample.count - 1) / 10)] }
    }
}
