import COpenSSL

/// The SHA-256 of bytes that come in pieces, by OpenSSL: by its functions that never fail, while those that look for a
/// provider depend on what its configuration leaves.
package final class SHA256 {
    private var context = SHA256_CTX()
    private static let length = 32

    /// The digest of nothing yet.
    package init() { SHA256_Init(&context) }

    /// Appends bytes.
    package func update(_ bytes: UnsafeRawBufferPointer) { SHA256_Update(&context, bytes.baseAddress, bytes.count) }

    /// Ends: the digest of everything, as 64 lower-case hexadecimal digits.
    package func digest() -> String {
        var bytes = [UInt8](repeating: 0, count: SHA256.length)
        SHA256_Final(&bytes, &context)
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The digest of one piece.
    package static func digest(_ bytes: UnsafeRawBufferPointer) -> String {
        let hash = SHA256()
        hash.update(bytes)
        return hash.digest()
    }
}
