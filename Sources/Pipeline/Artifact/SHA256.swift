import COpenSSL

/// The SHA-256 of bytes that come in pieces, by OpenSSL.
package final class SHA256 {
    private let context: OpaquePointer
    private static let length = 32

    /// The digest of nothing yet.
    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            fatalError("OpenSSL has no SHA-256, or no memory is left")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Appends bytes.
    package func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

    /// Ends: the digest of everything, as 64 lower-case hexadecimal digits.
    package func digest() -> String {
        var bytes = [UInt8](repeating: 0, count: SHA256.length)
        EVP_DigestFinal_ex(context, &bytes, nil)
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The digest of one piece.
    package static func digest(_ bytes: UnsafeRawBufferPointer) -> String {
        let hash = SHA256()
        hash.update(bytes)
        return hash.digest()
    }
}
