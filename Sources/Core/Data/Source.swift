/// Where a reader finds bytes.
public enum Source: Sendable {
    /// A file.
    case file(String)
    /// Bytes in memory, with a name for messages.
    case bytes(Buffer<UInt8>, name: String)
    /// The process's standard input; it is read once and spooled.
    case standardInput

    /// The name for messages.
    public var name: String {
        switch self {
        case .file(let path): path
        case .bytes(_, let name): name
        case .standardInput: "standard input"
        }
    }
}
