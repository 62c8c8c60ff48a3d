/// A set of kernels. Both learn the same thing; `swift` is the oracle in tests and the rival in benchmarks.
public enum Backend: String, Sendable, Codable, CaseIterable {
    /// C kernels, chosen at run time for the processor.
    case c
    /// The pure-Swift twin.
    case swift
}
