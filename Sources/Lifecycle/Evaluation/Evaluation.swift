import ApusKernels

/// Metrics of one set of rows, with their intervals.
public struct Evaluation: Sendable, Codable, Hashable {
    /// One metric's value and interval.
    public struct Score: Sendable, Codable, Hashable {
        /// The metric's name.
        public var name: String
        /// The value on the rows; nil where it is undefined, never NaN.
        public var value: Double?
        /// The interval's lower end; nil where there is no interval.
        public var low: Double?
        /// The interval's upper end; nil where there is no interval.
        public var high: Double?
        /// Why there is no value.
        public var reason: String?
    }

    /// How many rows were judged.
    public var rows: Int
    /// How many resamples the intervals rest on; 0 without intervals.
    public var resamples: Int
    /// One score a metric, in the order asked for.
    public var scores: [Score]

    /// The score of the metric called `name`.
    public subscript(name: String) -> Score? { scores.first { $0.name == name } }

    init(of scorer: some Scorer, _ bootstrap: Bootstrap?, _ kernels: Kernels) {
        rows = scorer.rows
        resamples = scorer.rows >= 2 ? bootstrap?.resamples(rows: scorer.rows) ?? 0 : 0
        let once = [UInt32](repeating: 1, count: scorer.rows)
        let values = once.withUnsafeBufferPointer(scorer.scores)
        let intervals = bootstrap?.intervals(of: scorer, kernels: kernels)
        scores = scorer.metrics.indices.map { index in
            let metric = scorer.metrics[index]
            guard let value = values[index] else {
                return Score(name: metric.name, reason: scorer.reason(metric))
            }
            let interval = intervals?[index]
            return Score(name: metric.name, value: value, low: interval?.low, high: interval?.high)
        }
    }
}
