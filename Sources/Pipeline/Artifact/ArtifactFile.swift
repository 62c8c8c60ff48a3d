import ApusCore

/// The file that a run leaves: texts by key and tensors by name, in the safetensors layout.
///
/// Eight bytes of header length (little-endian), the header as JSON, then the tensors' bytes without holes. What this
/// format adds to safetensors: every tensor starts at a multiple of 64 bytes within the file, by way of tensors of
/// zeros named `_pad.0`, `_pad.1`, …; the metadata carries `apus.format`, the version of the format, and
/// `apus.sha256`, the digest of the whole file with the digest's own 64 digits set to `0`. Equal contents are equal
/// bytes. Any safetensors reader opens it.
public struct ArtifactFile: Sendable {
    /// Texts by key.
    public let metadata: [String: String]
    /// Tensors by name. Read from a file, they point into its memory map.
    public let tensors: [String: Tensor]

    /// The version of the format that this code writes, and the newest that it reads.
    static let formatVersion = 1
    static let formatKey = "apus.format"
    static let digestKey = "apus.sha256"
    static let paddingPrefix = "_pad."
    static let alignment = 64
    /// The longest header that is read; other safetensors readers have the same limit.
    static let headerLimit = 100_000_000
    static let blankDigest = String(repeating: "0", count: 64)

    init(metadata: [String: String], tensors: [String: Tensor]) {
        self.metadata = metadata
        self.tensors = tensors
    }
}
