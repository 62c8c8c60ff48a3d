/// A struct with `@Parameter` properties, which makes itself from named values and tells what they mean. A property that
/// is itself `Configurable` adds its parameters as if they were written here: a group that several plugins share.
public protocol Configurable: Sendable, Decodable {
    /// What messages call it: a plugin's id, a section's name.
    static var configurationName: String { get }
    /// All parameters at their defaults.
    init()
    /// Checks what one parameter's interval cannot say; called after decoding.
    func validate() throws
}

extension Configurable {
    /// Nothing more to check.
    public func validate() throws {}

    /// The parameters, in the order of their properties.
    public static var parameters: [ParameterSpecification] {
        Self().wrappedParameters.map { $0.parameter.specification(named: $0.name) }
    }

    /// The values of all parameters, by name.
    public var parameterValues: [String: JSON] {
        Dictionary(uniqueKeysWithValues: wrappedParameters.map { ($0.name, $0.parameter.json) })
    }

    /// A configuration with these parameters, the others at their defaults. Throws on an unknown name, with the nearest
    /// one, on a value of another kind or outside its interval, and on what `validate` refuses.
    public init(parameters: [String: JSON]) throws {
        let defaults = Self()
        let known = Set(defaults.wrappedParameters.map(\.name))
        if let unknown = parameters.keys.sorted().first(where: { !known.contains($0) }) {
            throw ApusError(
                "\(Self.configurationName) has no parameter '\(unknown)'",
                remedy: Nearest.suggestion(for: unknown, among: known.sorted()), kind: .usage)
        }
        self = try defaults.setting(parameters)
    }

    /// The same with other values for some of its parameters; names it does not have are left to others.
    fileprivate func setting(_ parameters: [String: JSON]) throws -> Self {
        var properties: [String: Any] = [:]
        for child in Mirror(reflecting: self).children {
            guard let label = child.label else { continue }
            if let parameter = child.value as? any AnyParameter {
                let property = String(label.dropFirst())
                let name = property.snakeCased
                properties[property] = try parameters[name].map { try parameter.setting($0, named: name) } ?? parameter
            } else if let group = child.value as? any Configurable {
                properties[label] = try group.setting(parameters)
            } else {
                properties[label] = child.value
            }
        }
        let changed = try Self(from: ParameterDecoder(properties: properties))
        try changed.validate()
        return changed
    }

    fileprivate var wrappedParameters: [(name: String, parameter: any AnyParameter)] {
        Mirror(reflecting: self).children.flatMap { child -> [(name: String, parameter: any AnyParameter)] in
            if let group = child.value as? any Configurable { return group.wrappedParameters }
            guard let label = child.label, let parameter = child.value as? any AnyParameter else { return [] }
            return [(String(label.dropFirst()).snakeCased, parameter)]
        }
    }
}

extension String {
    /// `nEstimators` → `n_estimators`
    fileprivate var snakeCased: String {
        var result = ""
        for letter in self {
            if letter.isUppercase, !result.isEmpty { result.append("_") }
            result.append(contentsOf: letter.lowercased())
        }
        return result
    }
}
