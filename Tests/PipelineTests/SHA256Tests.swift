import ApusPipeline
import Testing

struct SHA256Tests {
    private func digest(_ text: String) -> String { Array(text.utf8).withUnsafeBytes { SHA256.digest($0) } }

    /// Source: NIST, examples of FIPS 180-4, and the empty message of its validation suite.
    @Test func `the published examples`() {
        #expect(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            digest(
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
                    + "nopqrstu") == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")
        #expect(
            digest(String(repeating: "a", count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `pieces of any length give the digest of the whole`() {
        let bytes = (0..<500).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let whole = bytes.withUnsafeBytes { SHA256.digest($0) }
        for size in [1, 3, 55, 56, 63, 64, 65, 127, 128, 129, 499] {
            let hash = SHA256()
            for start in stride(from: 0, to: bytes.count, by: size) {
                Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { hash.update($0) }
            }
            #expect(hash.digest() == whole, "pieces of \(size)")
        }
    }
}
