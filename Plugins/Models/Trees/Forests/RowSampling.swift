import ApusCore

/// Which rows each tree of a forest is grown on.
public struct RowSampling: Configurable {
    /// sampling of rows
    public static let configurationName = "sampling of rows"

    /// Whether each tree has rows of its own, drawn with replacement.
    @Parameter("Grow each tree on rows drawn with replacement.") public var bootstrap = true
    /// Rows that are drawn for a tree.
    @Parameter(
        "Rows drawn for a tree: a share up to 1, or a count above; null for as many as there are.", in: .above(0))
    public var maxSamples: Double? = nil
    /// Whether rows are judged by the trees that have not seen them.
    @Parameter("Score the model on the rows that trees have not seen.") public var oobScore = false

    /// The defaults.
    public init() {}

    /// The defaults, but for drawing at all.
    init(bootstrap: Bool) { self.bootstrap = bootstrap }

    /// Refuses parameters that do not go together.
    public func validate() throws {
        guard let maxSamples else { return }
        guard bootstrap else {
            throw ApusError(
                "no rows are drawn without bootstrap", at: "parameter 'max_samples'",
                remedy: "Set bootstrap to true, or leave out max_samples.", kind: .usage)
        }
        guard maxSamples <= 1 || Int(exactly: maxSamples) != nil else {
            throw ApusError(
                "expected a share of at most 1 or a whole number of rows, found \(maxSamples)",
                at: "parameter 'max_samples'", kind: .usage)
        }
    }

    /// How many rows are drawn for a tree from so many.
    func draws(from rows: Int) -> Int {
        guard let maxSamples else { return rows }
        return maxSamples <= 1 ? max(1, Int((maxSamples * Double(rows)).rounded())) : min(rows, Int(maxSamples))
    }
}
