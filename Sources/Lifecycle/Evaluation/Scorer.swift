/// Computes metrics on rows that occur any number of times: what the point estimate (each row once) and every
/// resample of the bootstrap have in common. Preparation, such as sorting, happens once, in the initialiser.
protocol Scorer: Sendable {
    /// The metrics, in the order of `scores`.
    var metrics: [Metric] { get }
    /// How many different rows there are.
    var rows: Int { get }
    /// The value of each metric when row `i` occurs `counts[i]` times; nil where it is undefined. O(rows).
    func scores(_ counts: UnsafeBufferPointer<UInt32>) -> [Double?]
    /// Why `metric` is undefined on these rows.
    func reason(_ metric: Metric) -> String
}
