import ApusCore

/// How much each feature matters, by one measure.
public struct FeatureImportance: Sendable {
    /// One feature.
    public struct Feature: Sendable {
        /// Its name.
        public let name: String
        /// How much it matters.
        public let value: Double
        /// The standard deviation over repetitions, where there are some.
        public let deviation: Double?
        /// The repetitions.
        public let values: [Double]

        /// A feature.
        public init(_ name: String, _ value: Double, deviation: Double? = nil, values: [Double] = []) {
            self.name = name
            self.value = value
            self.deviation = deviation
            self.values = values
        }
    }

    /// What is measured, in words.
    public let title: String
    /// Its name in JSON.
    public let measure: String
    /// The rows it rests on; 0 where it is the model's own.
    public let rows: Int
    /// The features in the pipeline's order.
    public let features: [Feature]
    /// The score of the rows as they are, where features were permuted.
    public var score: Double?

    /// The features, the most important first.
    public var ranked: [Feature] {
        features.indices.sorted { (features[$0].value, $1) > (features[$1].value, $0) }.map { features[$0] }
    }

    /// The documented form.
    public var json: JSON {
        [
            "measure": .text(measure), "rows": rows.json, "score": score.json,
            "features": .list(
                ranked.map { feature in
                    var json: [String: JSON] = ["name": .text(feature.name), "importance": feature.value.json]
                    if let deviation = feature.deviation {
                        json["deviation"] = deviation.json
                        json["values"] = feature.values.json
                    }
                    return .object(json)
                }),
        ]
    }
}
