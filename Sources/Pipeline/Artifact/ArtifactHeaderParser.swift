import ApusCore

/// Reads the one shape of JSON that a safetensors header has: an object of objects whose members are strings or lists
/// of whole numbers. Anything else, deeper nesting and duplicate keys included, is an error with its position; so
/// neither depth nor size of hostile input costs more than one pass.
struct ArtifactHeaderParser {
    /// A tensor as the header describes it; nothing but the types is checked.
    struct Entry {
        var name: String
        var dtype: String
        var shape: [Int]
        var start: Int
        var end: Int
    }

    /// What the header says.
    struct Header {
        var metadata: [String: String]?
        /// Where in the file each text of the metadata starts.
        var textStarts: [String: Int] = [:]
        var tensors: [Entry] = []
    }

    private let bytes: Buffer<UInt8>
    private var position = 0
    /// Where in the file the last string starts.
    private var stringStart = 0

    init(_ bytes: Buffer<UInt8>) { self.bytes = bytes }

    /// The header. Throws where the bytes are not one.
    mutating func parse() throws -> Header {
        var header = Header()
        try object { parser, name in
            if name == "__metadata__" {
                var texts: [String: String] = [:]
                try parser.object { parser, key in
                    texts[key] = try parser.string()
                    header.textStarts[key] = parser.stringStart
                }
                header.metadata = texts
            } else {
                header.tensors.append(try parser.entry(name))
            }
        }
        skipBlanks()
        guard position == bytes.count else { throw unexpected("the end of the header") }
        return header
    }

    private mutating func entry(_ name: String) throws -> Entry {
        var (dtype, shape, offsets): (String?, [Int]?, [Int]?)
        try object { parser, key in
            switch key {
            case "dtype": dtype = try parser.string()
            case "shape": shape = try parser.numbers()
            case "data_offsets": offsets = try parser.numbers()
            default: throw parser.unexpected("dtype, shape or data_offsets in tensor '\(name)'")
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2 else {
            throw unexpected("dtype, shape and two data_offsets in tensor '\(name)'")
        }
        return Entry(name: name, dtype: dtype, shape: shape, start: offsets[0], end: offsets[1])
    }

    /// Reads an object, calling `member` at each value. Throws on a duplicate key.
    private mutating func object(_ member: (inout ArtifactHeaderParser, String) throws -> Void) throws {
        var keys: Set<String> = []
        try expect("{")
        if accept("}") { return }
        repeat {
            let key = try string()
            guard keys.insert(key).inserted else { throw unexpected("no second '\(key.prefix(40))'") }
            try expect(":")
            try member(&self, key)
        } while accept(",")
        try expect("}")
    }

    private mutating func numbers() throws -> [Int] {
        var numbers: [Int] = []
        try expect("[")
        if accept("]") { return numbers }
        repeat { numbers.append(try number()) } while accept(",")
        try expect("]")
        return numbers
    }

    /// A whole number, 0 or greater, that fits a machine word.
    private mutating func number() throws -> Int {
        skipBlanks()
        let start = position
        var number = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (product, productOverflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflows) = product.addingReportingOverflow(Int(digit))
            guard !productOverflows, !sumOverflows else { throw unexpected("a number below 2^63") }
            number = sum
            position += 1
        }
        let digits = position - start
        guard digits > 0, digits == 1 || bytes[start] != UInt8(ascii: "0") else {
            throw unexpected("a whole number, 0 or greater")
        }
        return number
    }

    private mutating func string() throws -> String {
        try expect("\"")
        stringStart = 8 + position
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw unexpected("UTF-8 before this")
                }
                return string
            case UInt8(ascii: "\\"): text.append(contentsOf: try escaped())
            case 0..<0x20: throw unexpected("no control character before this")
            default: text.append(byte)
            }
        }
        throw unexpected("the end of a string")
    }

    private mutating func escaped() throws -> [UInt8] {
        guard position < bytes.count else { throw unexpected("an escaped character") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code & 0xFC00 == 0xD800, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try hexadecimal()
                guard low & 0xFC00 == 0xDC00 else { throw unexpected("the second half of a surrogate pair") }
                code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
            }
            guard let scalar = Unicode.Scalar(code) else { throw unexpected("a whole surrogate pair") }
            return Array(String(scalar).utf8)
        default: throw unexpected("a known escape")
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        guard position + 4 <= bytes.count else { throw unexpected("four hexadecimal digits") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue, bytes[position] < 0x80 else {
                throw unexpected("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func accept(_ symbol: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: symbol) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: Unicode.Scalar) throws {
        guard accept(symbol) else { throw unexpected("'\(symbol)'") }
    }

    private func unexpected(_ expected: String) -> ApusError {
        ApusError(
            "the artifact is corrupt: its header should have \(expected) at byte \(8 + position)",
            remedy: "Restore it from a copy, or train the model again.")
    }
}
