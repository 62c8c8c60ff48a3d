/// A rule that a plugin broke: what was attempted, and what was found instead of what the rule promises.
public struct Violation: Sendable, Equatable, CustomStringConvertible {
    /// The broken rule.
    public let rule: Rule
    /// The plugin's id.
    public let plugin: String
    /// What was done with the plugin.
    public let attempted: String
    /// What came of it.
    public let found: String

    /// All of it on four lines.
    public var description: String {
        """
        \(plugin) breaks rule '\(rule.number)': \(rule.name)
            attempted: \(attempted)
            found:     \(found)
            the rule:  \(rule.statement) (\(rule.place))
        """
    }
}
