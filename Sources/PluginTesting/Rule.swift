/// One promise that plugins are held to.
public struct Rule: Sendable, Hashable {
    /// The kind of plugin and a number that is never given to another rule: `model 7`.
    public let number: String
    /// What it is called, as the end of the sentence «a model …».
    public let name: String
    /// The promise in full.
    public let statement: String
    /// Where it is written down and checked: a file of this module and a line.
    public let place: String

    init(
        _ number: String, _ name: String, _ statement: String, file: StaticString = #fileID, line: UInt = #line
    ) {
        self.number = number
        self.name = name
        self.statement = statement
        place = "\(file):\(line)"
    }
}
