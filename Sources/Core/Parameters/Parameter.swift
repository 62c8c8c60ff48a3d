/// One parameter of a plugin, written once beside its property:
///
///     @Parameter("Trees to build.", in: .from(1), search: .logarithmic(50, 2_000)) var nEstimators = 100
///
/// It drives decoding, validation, help, reference docs, provenance, tuning and the tests of invalid values. Its name
/// in configuration is the property's in snake case: `n_estimators`.
@propertyWrapper
public struct Parameter<Value: ParameterValue>: Sendable, Decodable {
    /// The value.
    public var wrappedValue: Value
    let summary: String
    let interval: Interval?
    let unit: String?
    let search: SearchRange?
    let plugin: PluginKind?

    /// A parameter: one sentence, the interval of allowed numbers (of each element, for lists), its unit, where a
    /// search starts looking, and for references to plugins the kind that they are of.
    public init(
        wrappedValue: Value, _ summary: String, in interval: Interval? = nil, unit: String? = nil,
        search: SearchRange? = nil, plugin: PluginKind? = nil
    ) {
        self.wrappedValue = wrappedValue
        self.summary = summary
        self.interval = interval
        self.unit = unit
        self.search = search
        self.plugin = plugin
    }

    /// Never succeeds: only a plugin's own decoder knows the interval and the default.
    public init(from decoder: any Decoder) throws {
        throw ApusError("a parameter is decoded through 'Configurable.init(parameters:)'", kind: .plugin)
    }
}

/// What a parameter is, for help, docs, validation and search.
public struct ParameterSpecification: Sendable, Equatable {
    /// The name in configuration.
    public let name: String
    /// What it holds.
    public let kind: ParameterKind
    /// The value if none is given.
    public let defaultValue: JSON
    /// The words it may be, if it is a choice; those of its values, if it is a list or a map of such.
    public let choices: [String]
    /// Words that it may be instead of what its kind says.
    public let words: [String]
    /// The numbers it may be.
    public let interval: Interval?
    /// The unit of the number.
    public let unit: String?
    /// One sentence.
    public let summary: String
    /// Where a search starts looking.
    public let search: SearchRange?
    /// What kind of plugin it refers to, if that is said.
    public let plugin: PluginKind?

    /// What it takes, in words: `a number, at least 1`.
    public var expectation: String {
        let what =
            switch kind {
            case .number: "a number"
            case .integer: "a whole number"
            case .flag: "true or false"
            case .text: "a text"
            case .choice: "one of \(choices.joined(separator: ", "))"
            case .list: choices.isEmpty ? "a list" : "a list of \(choices.joined(separator: ", "))"
            case .map: choices.isEmpty ? "a map" : "a map to \(choices.joined(separator: ", "))"
            case .matrix: "a list of lists of numbers"
            case .columns: "a list of columns"
            case .plugin:
                "the id of a plugin\(plugin.map { " of kind \($0.rawValue)" } ?? ""), or a map with its id and parameters"
            }
        let bounded = interval.map { "\(what)\(kind == .list || kind == .map ? ", each number" : "") \($0)" } ?? what
        return words.isEmpty ? bounded : "\(bounded), or \(words.joined(separator: ", "))"
    }
}

/// What the decoder and the schema need of a parameter, whatever its type.
protocol AnyParameter {
    func specification(named name: String) -> ParameterSpecification
    var json: JSON { get }
    func setting(_ json: JSON, named name: String) throws -> Self
}

extension Parameter: AnyParameter {
    func specification(named name: String) -> ParameterSpecification {
        ParameterSpecification(
            name: name, kind: Value.parameterKind, defaultValue: wrappedValue.json, choices: Value.choices,
            words: Value.words,
            interval: interval, unit: unit, summary: summary, search: search, plugin: plugin)
    }

    var json: JSON { wrappedValue.json }

    func setting(_ json: JSON, named name: String) throws -> Parameter {
        let specification = specification(named: name)
        func refuse(_ remedy: String = "") -> ApusError {
            ApusError(
                "expected \(specification.expectation), found \(json.serialized())", at: "parameter '\(name)'",
                remedy: remedy, kind: .usage)
        }
        guard let value = Value(json: json) else {
            let near = json.text.flatMap { Nearest.name(to: $0, among: specification.choices + specification.words) }
            throw refuse(near.map { "Did you mean '\($0)'?" } ?? (specification.kind == .map ? summary : ""))
        }
        if let interval, !Parameter.numbers(in: json).allSatisfy(interval.contains) { throw refuse() }
        var changed = self
        changed.wrappedValue = value
        return changed
    }

    private static func numbers(in json: JSON) -> [Double] {
        switch json {
        case .number(let value): [value]
        case .list(let values): values.flatMap { numbers(in: $0) }
        case .object(let members): members.values.flatMap { numbers(in: $0) }
        default: []
        }
    }
}
