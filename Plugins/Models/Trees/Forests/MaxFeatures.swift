import ApusCore
import Foundation

/// How many columns are looked at for each split: a word, a share below 1, or a count from 1.
public enum MaxFeatures: ParameterValue, Equatable {
    /// The square root for classes and labels, a third for numbers.
    case auto
    /// Every column.
    case all
    /// The square root of their number.
    case sqrt
    /// The binary logarithm of their number.
    case log2
    /// A part of them, above 0 and below 1.
    case share(Double)
    /// So many.
    case count(Int)

    private static let named: [String: MaxFeatures] = ["auto": .auto, "all": .all, "sqrt": .sqrt, "log2": .log2]

    /// A number.
    public static var parameterKind: ParameterKind { .number }
    /// The words that stand for a number.
    public static var words: [String] { named.keys.sorted() }

    /// From a word, a share or a count.
    public init?(json: JSON) {
        if let word = json.text.flatMap({ MaxFeatures.named[$0] }) {
            self = word
        } else if let number = json.number, number > 0, number < 1 {
            self = .share(number)
        } else if let number = json.number, number >= 1, let count = Int(exactly: number) {
            self = .count(count)
        } else {
            return nil
        }
    }

    /// The word or the number.
    public var json: JSON {
        switch self {
        case .auto: "auto"
        case .all: "all"
        case .sqrt: "sqrt"
        case .log2: "log2"
        case .share(let share): .number(share)
        case .count(let count): count.json
        }
    }

    /// How many of `columns`, at least one.
    func number(of columns: Int, _ task: LearningTask) -> Int {
        let wanted =
            switch self {
            case .auto where task == .regression: Double(columns) / 3
            case .auto, .sqrt: Double(columns).squareRoot()
            case .all: Double(columns)
            case .log2: Foundation.log2(Double(max(1, columns)))
            case .share(let share): share * Double(columns)
            case .count(let count): Double(count)
            }
        return max(1, Int(min(wanted, Double(columns))))
    }
}
