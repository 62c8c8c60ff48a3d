import ApusCore
import Yams

/// A configuration as written: section, key, value, and where each value came from.
public struct ConfigurationTree: Sendable {
    /// A value and its place, for messages.
    struct Entry: Sendable {
        var node: ScalarOr
        var place: String
    }

    /// A value whose text is kept, so that a label `1.0` or `no` stays what was written.
    indirect enum ScalarOr: Sendable {
        case scalar(text: String, isPlain: Bool)
        case list([ScalarOr])
        case map([String: ScalarOr])
    }

    /// The values by section and key.
    private(set) var sections: [String: [String: Entry]] = [:]
    /// Where each section was first named.
    private(set) var places: [String: String] = [:]

    /// Nothing said: all defaults.
    public init() {}

    /// A YAML text. Throws on what is not YAML, not two levels of maps, or given twice, with the line.
    public init(yaml text: String, name: String) throws {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationTree.described(error, name)
        }
        guard let root, root.null == nil || root.mapping != nil else { return }
        guard let mapping = root.mapping else {
            throw ApusError("expected sections, found a single value", at: name, remedy: "See 'apus init --help'.")
        }
        for (sectionNode, body) in mapping {
            let section = sectionNode.string ?? ""
            let place = "\(name) line \(sectionNode.mark?.line ?? 1)"
            places[section] = places[section] ?? place
            if body.null != nil, body.scalar?.style == .plain {
                sections[section] = [:]
                continue
            }
            guard let entries = body.mapping else {
                throw ApusError("section '\(section)' holds no keys", at: place, remedy: "Indent its keys below it.")
            }
            var known: [String: Entry] = [:]
            for (keyNode, value) in entries {
                known[keyNode.string ?? ""] = Entry(
                    node: try ConfigurationTree.convert(value, depth: 0, name: name),
                    place: "\(name) line \(keyNode.mark?.line ?? 1)")
            }
            sections[section, default: [:]].merge(known) { _, new in new }
        }
    }

    /// Sets `path` (`section.key`, deeper into maps with more dots) to `value`, a YAML value, over what was there.
    public mutating func set(_ path: String, to value: String, place: String) throws {
        let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard keys.count >= 2, keys.allSatisfy({ !$0.isEmpty }) else {
            throw ApusError(
                "expected a section and a key, found '\(path)'", at: place,
                remedy: "Write it as in model.learning_rate=0.05.", kind: .usage)
        }
        let node: ScalarOr
        do {
            let composed = try Yams.compose(yaml: value)
            node =
                try composed.map { try ConfigurationTree.convert($0, depth: 0, name: place) }
                ?? .scalar(text: "", isPlain: false)
        } catch is YamlError {
            node = .scalar(text: value, isPlain: false)
        }
        let nested = keys.dropFirst(2).reversed().reduce(node) { .map([$1: $0]) }
        let earlier = sections[keys[0]]?[keys[1]]
        let merged = keys.count == 2 ? nested : ConfigurationTree.merge(earlier?.node, nested)
        sections[keys[0], default: [:]][keys[1]] = Entry(node: merged, place: place)
        places[keys[0]] = places[keys[0]] ?? place
    }

    /// Sets `path` to exactly this text.
    public mutating func set(_ path: String, toText text: String, place: String) {
        let keys = path.split(separator: ".").map(String.init)
        sections[keys[0], default: [:]][keys[1]] = Entry(node: .scalar(text: text, isPlain: false), place: place)
    }

    private static func merge(_ old: ScalarOr?, _ new: ScalarOr) -> ScalarOr {
        guard case .map(let oldMembers)? = old, case .map(let newMembers) = new else { return new }
        return .map(oldMembers.merging(newMembers) { merge($0, $1) })
    }

    private static func convert(_ node: Node, depth: Int, name: String) throws -> ScalarOr {
        guard depth < 32 else { throw ApusError("values are nested too deeply", at: name) }
        switch node {
        case .scalar(let scalar):
            return .scalar(text: scalar.string, isPlain: scalar.style == .plain || scalar.style == .any)
        case .sequence(let sequence): return .list(try sequence.map { try convert($0, depth: depth + 1, name: name) })
        case .mapping(let mapping):
            return .map(
                Dictionary(
                    try mapping.map { ($0.key.string ?? "", try convert($0.value, depth: depth + 1, name: name)) },
                    uniquingKeysWith: { _, last in last }))
        case .alias: throw ApusError("aliases are not supported", at: name, remedy: "Write the value out.")
        }
    }

    /// The parser's finding with its line.
    private static func described(_ error: YamlError, _ name: String) -> ApusError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ApusError("this is not YAML: \(problem)", at: "\(name) line \(mark.line)")
        case .duplicatedKeysInMapping(let keys, let context):
            ApusError(
                "the key '\(keys.first ?? "")' stands there twice", at: "\(name) line \(context.mark.line)",
                remedy: "Delete one of them.")
        case .reader(let problem, _, _, _): ApusError("this is not YAML: \(problem)", at: name)
        default: ApusError("this is not YAML", at: name)
        }
    }
}

extension ConfigurationTree.ScalarOr {
    /// The value as JSON. Where texts are expected, scalars stay the texts they were written as.
    func json(expecting kind: ParameterKind?) -> JSON {
        let inner = kind == .text ? kind : nil
        return switch self {
        case .list(let values): .list(values.map { $0.json(expecting: inner) })
        case .map(let members): .object(members.mapValues { $0.json(expecting: inner) })
        case .scalar(let text, let isPlain):
            if isPlain, ["", "~", "null"].contains(text) {
                .null
            } else if kind == .text || kind == .choice || kind == .columns {
                .text(text)
            } else if isPlain, text == "true" || text == "false" {
                .flag(text == "true")
            } else if isPlain || kind == .number || kind == .integer, let number = Double(text), number.isFinite {
                .number(number)
            } else if kind == .flag, text == "true" || text == "false" {
                .flag(text == "true")
            } else {
                .text(text)
            }
        }
    }
}
