/// What a fitted plugin saves: a JSON text, named tensors, and the states of plugins inside it.
public struct State: Sendable {
    /// The id of the plugin that can restore it.
    public var plugin: String
    /// The version of that plugin which saved it.
    public var version: Int
    /// The small part, as JSON with sorted keys.
    public var json: String
    /// The large part.
    public var tensors: [String: Tensor]
    /// Fitted plugins inside this one, such as the members of an ensemble.
    public var children: [String: State]

    /// State of a fitted `plugin`. Numbers in `value` that are not finite are kept.
    public init(
        of plugin: any Plugin.Type, _ value: some Encodable, tensors: [String: Tensor] = [:],
        children: [String: State] = [:]
    ) throws {
        self.init(
            plugin: plugin.descriptor.id, version: plugin.descriptor.version, json: try StableJSON.text(value),
            tensors: tensors, children: children)
    }

    /// State as it stands in an artifact.
    public init(plugin: String, version: Int, json: String, tensors: [String: Tensor], children: [String: State]) {
        self.plugin = plugin
        self.version = version
        self.json = json
        self.tensors = tensors
        self.children = children
    }

    /// The small part; throws where it is not what `type` expects.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        do {
            return try StableJSON.value(json, as: type)
        } catch var error as ApusError {
            error.finding = "the state of \(plugin) is damaged: \(error.finding)"
            throw error
        }
    }

    /// The elements of a tensor; throws if it is absent or of another type.
    public func elements<Element: TensorElement>(
        _ name: String, as type: Element.Type = Element.self
    ) throws -> Buffer<Element> {
        guard let tensor = tensors[name] else {
            throw ApusError("the state of \(plugin) lacks the tensor '\(name)'", remedy: "Train the model again.")
        }
        return try tensor.elements(type)
    }
}

/// A plugin whose fitted result can be saved and restored.
public protocol Restorable: Plugin {
    /// What fitting returns.
    associatedtype Fitted
    /// The fitted result that `state` was saved from. Throws on damaged state; never trusts it.
    static func restore(_ state: State) throws -> Fitted
    /// State of an earlier version as the present one reads it.
    static func migrate(_ state: State, from version: Int) throws -> State
}

extension Restorable {
    /// No earlier version is known.
    public static func migrate(_ state: State, from version: Int) throws -> State {
        throw ApusError(
            "\(descriptor.id) saved this in version \(version) of its state; this build reads version \(descriptor.version)",
            remedy: "Train the model again.")
    }

    /// The fitted result of state of any version that is known. A newer one is refused.
    public static func restoring(_ state: State) throws -> Fitted {
        if state.version == descriptor.version { return try restore(state) }
        guard state.version < descriptor.version else {
            throw ApusError(
                "\(descriptor.id) saved this in version \(state.version) of its state; this build reads up to \(descriptor.version)",
                remedy: "Use a newer apus.")
        }
        return try restore(try migrate(state, from: state.version))
    }
}
