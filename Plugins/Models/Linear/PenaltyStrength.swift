import ApusCore

/// The strength of a penalty: a number, or the word `auto`, which chooses it by cross-validation.
public enum PenaltyStrength: ParameterValue, Equatable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    /// Chosen by cross-validation on the training rows.
    case auto
    /// Given.
    case value(Double)

    /// A number.
    public static var parameterKind: ParameterKind { .number }
    /// auto
    public static var words: [String] { ["auto"] }

    /// From a number, or the word `auto`.
    public init?(json: JSON) {
        if json == .text("auto") {
            self = .auto
        } else if let number = json.number {
            self = .value(number)
        } else {
            return nil
        }
    }

    /// A given strength.
    public init(floatLiteral value: Double) { self = .value(value) }

    /// A given strength.
    public init(integerLiteral value: Int) { self = .value(Double(value)) }

    /// The number, or the word.
    public var json: JSON {
        switch self {
        case .auto: .text("auto")
        case .value(let value): .number(value)
        }
    }
}
