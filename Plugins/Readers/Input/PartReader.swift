import ApusCore

/// Reads the rows of a text a part at a time, in any order, and a part as often as asked.
protocol PartReader: Sendable {
    /// What all parts have in common.
    var schema: Schema { get }
    /// What was found in the parts that were read so far.
    var report: ReadReport { get }
    /// How many parts there are.
    var count: Int { get }
    /// The rows of a part with these columns, nil for all.
    func read(_ part: Int, _ names: [String]?) throws -> Table
}
