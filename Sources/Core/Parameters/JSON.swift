import Foundation

/// A JSON value: what parameters, events and records are made of.
public enum JSON: Sendable, Hashable {
    /// null
    case null
    /// true, false
    case flag(Bool)
    /// A number; whole ones print without a fraction.
    case number(Double)
    /// A string.
    case text(String)
    /// A list.
    case list([JSON])
    /// An object; it prints with sorted keys.
    case object([String: JSON])

    /// The value of an object's key, or nil.
    public subscript(key: String) -> JSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    /// The number, if it is one.
    public var number: Double? { if case .number(let value) = self { value } else { nil } }
    /// The string, if it is one.
    public var text: String? { if case .text(let value) = self { value } else { nil } }
    /// The flag, if it is one.
    public var flag: Bool? { if case .flag(let value) = self { value } else { nil } }
    /// The list, if it is one.
    public var list: [JSON]? { if case .list(let value) = self { value } else { nil } }
    /// The members, if it is an object.
    public var object: [String: JSON]? { if case .object(let value) = self { value } else { nil } }

    /// What the value is called in messages: `a number`, `a list`, …
    public var kindName: String {
        switch self {
        case .null: "nothing"
        case .flag: "a flag"
        case .number: "a number"
        case .text: "a text"
        case .list: "a list"
        case .object: "a map"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    /// A flag.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
    /// A list.
    public init(arrayLiteral elements: JSON...) { self = .list(elements) }
    /// An object; of equal keys the last counts.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
    /// null
    public init(nilLiteral: ()) { self = .null }
}

extension JSON {
    /// The text of this value, keys sorted; with `indent`, over several lines. NaN and infinities become null.
    public func serialized(indent: Int? = nil) -> String {
        var text = ""
        write(to: &text, indent: indent, depth: 0)
        return text
    }

    private func write(to text: inout String, indent: Int?, depth: Int) {
        func newLine(_ depth: Int) {
            if let indent { text += "\n" + String(repeating: " ", count: indent * depth) }
        }
        switch self {
        case .null: text += "null"
        case .flag(let value): text += value ? "true" : "false"
        case .number(let value): text += value.isFinite ? Column.text(value) : "null"
        case .text(let value): JSON.quote(value, to: &text)
        case .list(let values):
            let isFlat = values.allSatisfy { $0.list == nil && $0.object == nil }
            text += "["
            for (position, value) in values.enumerated() {
                if position > 0 { text += isFlat && indent != nil ? ", " : "," }
                if !isFlat { newLine(depth + 1) }
                value.write(to: &text, indent: indent, depth: depth + 1)
            }
            if !isFlat { newLine(depth) }
            text += "]"
        case .object(let members):
            text += "{"
            for (position, key) in members.keys.sorted().enumerated() {
                if position > 0 { text += "," }
                newLine(depth + 1)
                JSON.quote(key, to: &text)
                text += indent == nil ? ":" : ": "
                members[key]?.write(to: &text, indent: indent, depth: depth + 1)
            }
            if !members.isEmpty { newLine(depth) }
            text += "}"
        }
    }

    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        // Long texts are copied in runs between the few characters that need an escape.
        var rest = value[...]
        while let index = rest.utf8.firstIndex(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) {
            text += rest[..<index]
            switch rest.utf8[index] {
            case UInt8(ascii: "\""): text += "\\\""
            case UInt8(ascii: "\\"): text += "\\\\"
            case UInt8(ascii: "\n"): text += "\\n"
            case UInt8(ascii: "\r"): text += "\\r"
            case UInt8(ascii: "\t"): text += "\\t"
            case let control: text += "\\u00" + (control < 0x10 ? "0" : "") + String(control, radix: 16)
            }
            rest = rest[rest.utf8.index(after: index)...]
        }
        text += rest
        text += "\""
    }

    /// The value that a JSON text stands for.
    public init(parsing text: String) throws {
        do {
            self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
        } catch {
            throw ApusError("this is not JSON: \(text.prefix(60))")
        }
    }
}

extension JSON: Codable {
    /// Decodes any JSON value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// Encodes as the JSON value.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
