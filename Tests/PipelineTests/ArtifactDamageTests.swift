import ApusCore
import ApusPipeline
import Testing

/// Damaged and hostile artifacts: each is refused with the reason, none traps.
struct ArtifactDamageTests {
    @Test func `cut at any byte, it is refused`() throws {
        let bytes = try Sample.bytes()
        for length in 0..<bytes.count {
            #expect(throws: ApusError.self, "cut to \(length) bytes") {
                try ArtifactFile.read(bytes: Buffer(bytes[..<length]))
            }
        }
        let cut = message { _ = try ArtifactFile.read(bytes: Buffer(bytes.dropLast())) }
        #expect(cut.contains("artifact: the artifact is corrupt: it is cut: tensor "))
        #expect(cut.hasSuffix("Restore it from a copy, or train the model again."))
    }

    @Test func `with any bit flipped, it is refused`() throws {
        var bytes = try Sample.bytes()
        for position in bytes.indices {
            for bit in 0..<8 {
                bytes[position] ^= 1 << UInt8(bit)
                #expect(throws: ApusError.self, "bit \(bit) of byte \(position)") {
                    try ArtifactFile.read(bytes: Buffer(bytes))
                }
                bytes[position] ^= 1 << UInt8(bit)
            }
        }
        bytes[bytes.count - 1] ^= 1
        #expect(
            message { _ = try ArtifactFile.read(bytes: Buffer(bytes)) }
                .contains("its content does not match its SHA-256"))
    }

    @Test func `with bytes after its end, it is refused`() throws {
        let bytes = try Sample.bytes() + [0]
        #expect(
            message { _ = try ArtifactFile.read(bytes: Buffer(bytes)) }
                .contains("1 bytes after the last tensor belong to nothing"))
    }

    @Test func `random bytes in random places never trap`() throws {
        let bytes = try Sample.bytes()
        let random = CounterRandom(seed: 1, purpose: "damage")
        for trial in 0..<3_000 {
            var damaged = bytes
            for change in 0..<4 {
                let index = 8 * trial + 2 * change
                damaged[random.below(bytes.count, index)] = UInt8(truncatingIfNeeded: random[index + 1])
            }
            guard damaged != bytes else { continue }
            #expect(throws: ApusError.self) { try ArtifactFile.read(bytes: Buffer(damaged)) }
        }
    }

    /// An artifact with this header, its digest right, so that only the header can be what is refused.
    private func sealed(_ header: String, data: [UInt8] = [], format: String = "1") -> [UInt8] {
        let blank = String(repeating: "0", count: 64)
        func bytes(_ digest: String) -> [UInt8] {
            let metadata = #""__metadata__":{"apus.format":"\#(format)","apus.sha256":"\#(digest)"}"#
            let text = Array(header.replacing("METADATA", with: metadata).utf8)
            return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text + data
        }
        return bytes(bytes(blank).withUnsafeBytes { SHA256.digest($0) })
    }

    private func refusal(_ bytes: [UInt8]) -> String {
        message { _ = try ArtifactFile.read(bytes: Buffer(bytes)) }
    }

    @Test func `the sealing itself is right: a sound header passes`() throws {
        let header = #"{METADATA,"a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}"#
        let file = try ArtifactFile.read(bytes: Buffer(sealed(header, data: [1, 2, 3, 4])))
        #expect(file.tensors["a"] == Tensor([1, 2, 3, 4] as [UInt8], shape: [2, 2]))
        #expect(file.metadata.isEmpty)
    }

    @Test func `a newer format is refused with what to do`() {
        #expect(
            refusal(sealed("{METADATA}", format: "2"))
                == "artifact: it was written by a newer Apus (format 2; this one reads up to 1). "
                + "Update Apus, or train the model again with this one.")
        #expect(refusal(sealed("{METADATA}", format: "-1")).contains("its format version is '-1'"))
    }

    @Test func `a safetensors file of other origin is called what it is`() {
        let bytes = sealed(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, data: [1])
        #expect(refusal(bytes).contains("this may be a safetensors file, but not an artifact"))
    }

    @Test(
        "a hostile header is refused with the reason",
        arguments: [
            (#""a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}"#, "a whole number, 0 or greater"),
            (#""a":{"dtype":"U8","shape":[1],"data_offsets":[0,99999999999999999999]}"#, "a number below 2^63"),
            (#""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1e1]}"#, "']'"),
            (#""a":{"dtype":"U8","shape":[1],"data_offsets":[0,01]}"#, "a whole number, 0 or greater"),
            (#""a":{"dtype":"U8","shape":[1],"data_offsets":[0,5]}"#, "it is cut: tensor 'a' ends at byte 5"),
            (#""a":{"dtype":"U8","shape":[1],"data_offsets":[3,2]}"#, "tensor 'a' ends before it starts"),
            (#""a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}"#, "starts at byte 1 of the data, where 0 was due"),
            (#""a":{"dtype":"U8","shape":[4],"data_offsets":[0]}"#, "two data_offsets in tensor 'a'"),
            (#""a":{"dtype":"U8","shape":[4]}"#, "dtype, shape and two data_offsets in tensor 'a'"),
            (#""a":{"dtype":"U8","shape":[3],"data_offsets":[0,4]}"#, "needs 3 bytes, found 4"),
            (#""a":{"dtype":"F64","shape":[2305843009213693952,4],"data_offsets":[0,4]}"#, "is out of range"),
            (#""a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}"#, "the unknown type 'BF16'"),
            (#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":1}"#, "dtype, shape or data_offsets"),
            (#""a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}"#, "no second 'dtype'"),
            (
                #""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#,
                "no second 'a'"
            ),
            (
                #""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}"#,
                "tensor 'b' starts at byte 2 of the data, where 4 was due"
            ),
            (#""a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}"#, "2 bytes after the last tensor"),
            (#""a":{"dtype":"U8","shape":[[4]],"data_offsets":[0,4]}"#, "a whole number, 0 or greater"),
            (#""a":{"dtype":{},"shape":[4],"data_offsets":[0,4]}"#, #"'"'"#),
            (#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, "the end of the header"),
            (#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#, "'\"'"),
            (#""a\u00":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#, "four hexadecimal digits"),
            (#""a\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#, "a whole surrogate pair"),
            (#""a\x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#, "a known escape"),
            ("\"a\n\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}", "no control character"),
            (#""__metadata__":{"apus.format":"1"}"#, "no second '__metadata__'"),
        ])
    func hostile(tensor: String, reason: String) {
        let refusal = refusal(sealed("{METADATA,\(tensor)}", data: [1, 2, 3, 4]))
        #expect(refusal.contains("the artifact is corrupt"), "\(refusal)")
        #expect(refusal.contains(reason), "\(refusal)")
    }

    @Test func `a header that claims more than there is, or may be, is refused`() {
        func claiming(_ length: UInt64) -> [UInt8] {
            withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}  ".utf8)
        }
        #expect(refusal(claiming(.max)).contains("its header claims 18446744073709551615 bytes"))
        #expect(refusal(claiming(1 << 63)).contains("its header claims"))
        #expect(refusal(claiming(5)).contains("it is cut: a header of 5 bytes in a file of 12"))
        #expect(refusal(claiming(0)).contains("should have '{' at byte 8"))
    }

    @Test func `depth costs nothing: nested lists and objects are refused where they start`() {
        let lists = String(repeating: "[", count: 100_000)
        #expect(refusal(sealed("{METADATA,\"a\":\(lists)}")).contains("should have '{'"))
        let objects = String(repeating: "{\"a\":", count: 100_000)
        #expect(refusal(sealed("{METADATA,\"a\":\(objects)}")).contains("dtype, shape or data_offsets"))
    }

    @Test func `bytes that are not UTF-8 are refused`() throws {
        var bytes = sealed(#"{METADATA,"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#)
        let name = try #require(bytes.firstRange(of: Array("\"a\"".utf8)))
        bytes[name.lowerBound + 1] = 0xFF
        #expect(refusal(bytes).contains("should have UTF-8 before this"))
    }
}
