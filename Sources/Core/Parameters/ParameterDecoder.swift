/// Hands a plugin's synthesised `init(from:)` its properties: those of a default instance, parameters replaced where
/// the configuration names them. This is how a value type gets its parameters by name without writing them twice.
struct ParameterDecoder: Decoder {
    let properties: [String: Any]
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Container<Key>(properties: properties))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Self.unsupported }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Self.unsupported }

    static var unsupported: ApusError {
        ApusError("a plugin's configuration must be a struct with synthesised decoding", kind: .plugin)
    }

    private struct Container<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let properties: [String: Any]
        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { properties.keys.compactMap { Key(stringValue: $0) } }

        func contains(_ key: Key) -> Bool { properties[key.stringValue] != nil }
        func decodeNil(forKey key: Key) throws -> Bool { properties[key.stringValue] == nil }

        private func property<Value>(_ key: Key) throws -> Value {
            guard let value = properties[key.stringValue] as? Value else {
                throw ApusError("property '\(key.stringValue)' cannot be decoded", kind: .plugin)
            }
            return value
        }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try property(key) }
        func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try property(key) }
        func decode(_ type: String.Type, forKey key: Key) throws -> String { try property(key) }
        func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try property(key) }
        func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try property(key) }
        func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try property(key) }
        func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try property(key) }
        func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try property(key) }
        func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try property(key) }
        func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try property(key) }
        func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try property(key) }
        func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try property(key) }
        func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try property(key) }
        func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try property(key) }
        func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try property(key) }

        func nestedContainer<NestedKey: CodingKey>(
            keyedBy type: NestedKey.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<NestedKey> { throw ParameterDecoder.unsupported }
        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            throw ParameterDecoder.unsupported
        }
        func superDecoder() throws -> any Decoder { throw ParameterDecoder.unsupported }
        func superDecoder(forKey key: Key) throws -> any Decoder { throw ParameterDecoder.unsupported }
    }
}
