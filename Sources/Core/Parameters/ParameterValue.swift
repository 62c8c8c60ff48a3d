/// What a parameter holds.
public enum ParameterKind: String, Sendable, Codable, CaseIterable {
    /// A real number.
    case number
    /// A whole number.
    case integer
    /// true or false.
    case flag
    /// A text.
    case text
    /// One of a list of words.
    case choice
    /// A list.
    case list
    /// A map from names.
    case map
    /// Rows of numbers.
    case matrix
    /// Columns, by name, pattern or kind.
    case columns
    /// Another plugin with its parameters.
    case plugin
}

/// A type that a parameter can have.
public protocol ParameterValue: Sendable {
    /// What it is in the parameter schema.
    static var parameterKind: ParameterKind { get }
    /// The words it may be, if it is a choice; those of its values, if it is a list or a map of such.
    static var choices: [String] { get }
    /// Words that it may be instead of what its kind says.
    static var words: [String] { get }
    /// From configuration; nil if the value is of another kind.
    init?(json: JSON)
    /// As configuration.
    var json: JSON { get }
}

extension ParameterValue {
    /// None.
    public static var choices: [String] { [] }
    /// None.
    public static var words: [String] { [] }
}

extension Double: ParameterValue {
    /// A real number.
    public static var parameterKind: ParameterKind { .number }
    /// From a number.
    public init?(json: JSON) {
        guard let value = json.number else { return nil }
        self = value
    }
    /// A number.
    public var json: JSON { .number(self) }
}

extension Int: ParameterValue {
    /// A whole number.
    public static var parameterKind: ParameterKind { .integer }
    /// From a number without a fraction.
    public init?(json: JSON) {
        guard let value = json.number, let whole = Int(exactly: value) else { return nil }
        self = whole
    }
    /// A number.
    public var json: JSON { .number(Double(self)) }
}

extension Bool: ParameterValue {
    /// A flag.
    public static var parameterKind: ParameterKind { .flag }
    /// From a flag.
    public init?(json: JSON) {
        guard let value = json.flag else { return nil }
        self = value
    }
    /// A flag.
    public var json: JSON { .flag(self) }
}

extension String: ParameterValue {
    /// A text.
    public static var parameterKind: ParameterKind { .text }
    /// From a text.
    public init?(json: JSON) {
        guard let value = json.text else { return nil }
        self = value
    }
    /// A text.
    public var json: JSON { .text(self) }
}

extension Optional: ParameterValue where Wrapped: ParameterValue {
    /// As the wrapped type.
    public static var parameterKind: ParameterKind { Wrapped.parameterKind }
    /// As the wrapped type.
    public static var choices: [String] { Wrapped.choices }
    /// As the wrapped type.
    public static var words: [String] { Wrapped.words }
    /// null is nil.
    public init?(json: JSON) {
        if json == .null {
            self = .none
        } else if let value = Wrapped(json: json) {
            self = .some(value)
        } else {
            return nil
        }
    }
    /// nil is null.
    public var json: JSON { self?.json ?? .null }
}

extension Array: ParameterValue where Element: ParameterValue {
    /// A list, or a matrix for a list of lists.
    public static var parameterKind: ParameterKind { Element.parameterKind == .list ? .matrix : .list }
    /// As the element.
    public static var choices: [String] { Element.choices }
    /// From a list whose every element fits.
    public init?(json: JSON) {
        guard let list = json.list else { return nil }
        let elements = list.compactMap { Element(json: $0) }
        guard elements.count == list.count else { return nil }
        self = elements
    }
    /// A list.
    public var json: JSON { .list(map(\.json)) }
}

extension Dictionary: ParameterValue where Key == String, Value: ParameterValue {
    /// A map.
    public static var parameterKind: ParameterKind { .map }
    /// As the values.
    public static var choices: [String] { Value.choices }
    /// From an object whose every value fits.
    public init?(json: JSON) {
        guard let object = json.object else { return nil }
        let values = object.compactMapValues { Value(json: $0) }
        guard values.count == object.count else { return nil }
        self = values
    }
    /// An object.
    public var json: JSON { .object(mapValues(\.json)) }
}

/// A parameter that is one of a few words: an enumeration of strings.
public protocol ParameterChoice: ParameterValue, CaseIterable, RawRepresentable where RawValue == String {}

extension ParameterChoice {
    /// A choice.
    public static var parameterKind: ParameterKind { .choice }
    /// Its words.
    public static var choices: [String] { allCases.map(\.rawValue) }
    /// From the word.
    public init?(json: JSON) {
        guard let word = json.text else { return nil }
        self.init(rawValue: word)
    }
    /// The word.
    public var json: JSON { .text(rawValue) }
}

/// Another plugin, by id, with its parameters: `{id: optimizer.adam, learning_rate: 0.01}` or just the id.
public struct PluginReference: ParameterValue, Equatable {
    /// The plugin's id, short or whole.
    public var id: String
    /// Its parameters, those that differ from the defaults.
    public var parameters: [String: JSON]

    /// A reference.
    public init(_ id: String, _ parameters: [String: JSON] = [:]) {
        self.id = id
        self.parameters = parameters
    }

    /// Asks whoever takes the reference to choose.
    public static let auto = PluginReference("auto")

    /// A plugin.
    public static var parameterKind: ParameterKind { .plugin }
    /// From an id, or from an object with the key `id`.
    public init?(json: JSON) {
        if let id = json.text {
            self.init(id)
        } else if var object = json.object, let id = object.removeValue(forKey: "id")?.text {
            self.init(id, object)
        } else {
            return nil
        }
    }
    /// The id, or an object if there are parameters.
    public var json: JSON {
        parameters.isEmpty ? .text(id) : .object(parameters.merging(["id": .text(id)]) { _, id in id })
    }
}

/// Columns, by exact name, by pattern with `*`, or by kind as `:category`.
public struct ColumnSelector: ParameterValue, Equatable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    /// Names, patterns and kinds; a column that fits any of them is selected.
    public var patterns: [String]

    /// A selector.
    public init(_ patterns: [String]) { self.patterns = patterns }

    /// One name, pattern or kind.
    public init(stringLiteral pattern: String) { self.init([pattern]) }
    /// Names, patterns and kinds.
    public init(arrayLiteral patterns: String...) { self.init(patterns) }

    /// All columns of a kind.
    public static func kind(_ kind: ColumnKind) -> ColumnSelector { ColumnSelector([":\(kind.rawValue)"]) }

    /// Columns.
    public static var parameterKind: ParameterKind { .columns }
    /// From a text or a list of texts.
    public init?(json: JSON) {
        if let pattern = json.text {
            self.init([pattern])
        } else if let patterns = [String](json: json) {
            self.init(patterns)
        } else {
            return nil
        }
    }
    /// A text if there is one pattern, else a list.
    public var json: JSON { patterns.count == 1 ? .text(patterns[0]) : patterns.json }

    /// Whether `field` is selected.
    public func selects(_ field: Field) -> Bool {
        patterns.contains { pattern in
            pattern.hasPrefix(":")
                ? pattern.dropFirst() == field.kind.rawValue
                : ColumnSelector.matches(field.name[...], pattern[...])
        }
    }

    private static func matches(_ name: Substring, _ pattern: Substring) -> Bool {
        guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
        guard name.hasPrefix(pattern[..<star]) else { return false }
        let rest = pattern[pattern.index(after: star)...]
        var tail = name.dropFirst(pattern.distance(from: pattern.startIndex, to: star))
        while true {
            if matches(tail, rest) { return true }
            if tail.isEmpty { return false }
            tail = tail.dropFirst()
        }
    }
}
