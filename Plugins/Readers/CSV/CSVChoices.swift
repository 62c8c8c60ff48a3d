import ApusCore

/// Whether something holds, or is to be found out.
public enum CSVSwitch: String, Sendable, CaseIterable, ParameterChoice {
    /// Found out from the data.
    case auto
    /// It holds.
    case on = "true"
    /// It does not.
    case off = "false"

    /// From `auto`, a flag, or one of the words YAML has for flags.
    public init?(json: JSON) {
        switch json {
        case .flag(let flag): self = flag ? .on : .off
        case .text("auto"): self = .auto
        case .text("true"), .text("on"), .text("yes"): self = .on
        case .text("false"), .text("off"), .text("no"): self = .off
        default: return nil
        }
    }
}

/// What to do with a row that has another number of fields than the first one.
public enum CSVBadRow: String, Sendable, CaseIterable, ParameterChoice {
    /// Stop with an error that names its line.
    case error
    /// Leave it out, count it and say so.
    case skip
}

/// What a column is declared to be.
public enum CSVKind: String, Sendable, CaseIterable, ParameterChoice {
    /// A quantity.
    case number
    /// One of a set of labels, even if they are numbers.
    case category
    /// Free text.
    case text
    /// true or false, 1 or 0.
    case flag
    /// An ISO 8601 date or time.
    case timestamp

    /// The same kind; nil for vectors, which no cell holds.
    init?(_ kind: ColumnKind) { self.init(rawValue: kind.rawValue) }
}
