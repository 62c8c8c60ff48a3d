/// The plugins that a program knows. A value: built, passed on, never global.
public struct Registry: Sendable {
    private var types: [String: any Plugin.Type] = [:]

    /// An empty registry.
    public init() {}

    /// Adds a bundle's plugins. Throws where an id is taken or malformed.
    public mutating func register(_ bundle: any PluginBundle.Type) throws {
        for plugin in bundle.plugins { try register(plugin) }
    }

    /// Adds one plugin. Throws where its id is taken or malformed.
    public mutating func register(_ plugin: any Plugin.Type) throws {
        let id = plugin.descriptor.id
        let parts = id.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Registry.isIDLetter) }) else {
            throw ApusError(
                "'\(id)' is not a plugin id", remedy: "An id is a family, a dot and a name, as in 'model.my_trees'.",
                kind: .plugin)
        }
        if let other = types[id] {
            throw ApusError("the plugin id '\(id)' is taken by \(other)", remedy: "Choose another id.", kind: .plugin)
        }
        types[id] = plugin
    }

    private static func isIDLetter(_ letter: Character) -> Bool {
        letter == "_" || letter.isASCII && (letter.isLowercase || letter.isNumber)
    }

    /// All plugins, sorted by id.
    public var plugins: [any Plugin.Type] { types.keys.sorted().compactMap { types[$0] } }

    /// The plugins of one kind, sorted by id.
    public func plugins(_ kind: PluginKind) -> [any Plugin.Type] { plugins.filter { $0.kind == kind } }

    /// The plugin of this id, whole or short (`gradient_boosting`). An unknown id names the nearest one; an ambiguous
    /// short id lists what it could mean.
    public func find(_ id: String, kind: PluginKind? = nil) throws -> any Plugin.Type {
        if let type = types[id], kind == nil || type.kind == kind { return type }
        let candidates = plugins.filter { kind == nil || $0.kind == kind }
        let matches = candidates.filter { $0.descriptor.id.hasSuffix(".\(id)") }
        if matches.count == 1 { return matches[0] }
        let what = kind.map { "\($0.rawValue) plugin" } ?? "plugin"
        if matches.count > 1 {
            let ids = matches.map { "'\($0.descriptor.id)'" }.joined(separator: " or ")
            throw ApusError("'\(id)' could be \(ids)", remedy: "Give the whole id.", kind: .usage)
        }
        let ids = candidates.map { $0.descriptor.id }
        let short = ids.compactMap { $0.split(separator: ".").last.map(String.init) }
        let near = (Nearest.name(to: id, among: ids) ?? Nearest.name(to: id, among: short)).map { [$0] }
        let meant = near ?? Nearest.names(shortenedTo: id, among: short)
        throw ApusError(
            "there is no \(what) '\(id)'",
            remedy: (1...3).contains(meant.count)
                ? "Did you mean \(meant.map { "'\($0)'" }.joined(separator: " or "))?"
                : Nearest.suggestion(for: id, among: ids), kind: .usage)
    }

    /// A configured learner.
    public func learner(_ reference: PluginReference) throws -> any Learner {
        try make(reference, .model, as: (any Learner).self)
    }
    /// A configured transform.
    public func transform(_ reference: PluginReference) throws -> any Transform {
        try make(reference, .transform, as: (any Transform).self)
    }
    /// A configured output transform.
    public func outputTransform(_ reference: PluginReference) throws -> any OutputTransform {
        try make(reference, .output, as: (any OutputTransform).self)
    }
    /// A configured reader.
    public func reader(_ reference: PluginReference) throws -> any DataReader {
        try make(reference, .reader, as: (any DataReader).self)
    }
    /// A configured optimizer.
    public func optimizer(_ reference: PluginReference) throws -> any Optimizer {
        try make(reference, .optimizer, as: (any Optimizer).self)
    }
    /// A configured objective.
    public func objective(_ reference: PluginReference) throws -> any Objective {
        try make(reference, .objective, as: (any Objective).self)
    }
    /// A configured monitor.
    public func monitor(_ reference: PluginReference) throws -> any Monitor {
        try make(reference, .monitor, as: (any Monitor).self)
    }

    private func make<Result>(_ reference: PluginReference, _ kind: PluginKind, as: Result.Type) throws -> Result {
        let type = try find(reference.id, kind: kind)
        guard let plugin = try type.init(parameters: reference.parameters) as? Result else {
            throw ApusError("\(type.descriptor.id) is no \(kind.rawValue)", kind: .plugin)
        }
        return plugin
    }
}

/// A set of plugins that belong together; registered by one line.
public protocol PluginBundle {
    /// The plugins.
    static var plugins: [any Plugin.Type] { get }
}
