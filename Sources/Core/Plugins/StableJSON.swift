import Foundation

/// JSON with sorted keys, so that equal values have equal bytes. Numbers that are not finite are kept, as texts.
package enum StableJSON {
    /// The value as one line.
    package static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// The value that `text` stands for. Throws, in words of the file's own, where it stands for none.
    package static func value<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return try decoder.decode(type, from: Data(text.utf8))
        } catch let error as DecodingError {
            throw ApusError(finding(error), remedy: "Train the model again.")
        }
    }

    private static func finding(_ error: DecodingError) -> String {
        func name(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "all of it" : "'\(path.map(\.stringValue).joined(separator: "."))'"
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(name(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(name(context.codingPath)) is of another kind than expected"
        case .dataCorrupted(let context): "\(name(context.codingPath)) is not what is expected there"
        @unknown default: "it is not what is expected there"
        }
    }
}
