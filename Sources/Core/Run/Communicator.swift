/// Sums over the processes that share the rows of one fit. Every histogram, gradient and statistic that crosses rows
/// passes through it.
///
/// All processes make the same calls in the same order, and wait for each other in each of them. A call throws where
/// another process has left; what that one threw is the reason.
public protocol Communicator: Sendable {
    /// This process, from 0.
    var rank: Int { get }
    /// How many processes there are.
    var size: Int { get }
    /// Replaces each element by its sum over all processes.
    func sum(_ values: UnsafeMutableBufferPointer<Double>) throws
    /// Replaces each element by its sum over all processes; exact.
    func sum(_ values: UnsafeMutableBufferPointer<Int64>) throws
}

/// One process: sums are what they are.
public struct LocalCommunicator: Communicator {
    /// The only process.
    public init() {}
    /// 0
    public var rank: Int { 0 }
    /// 1
    public var size: Int { 1 }
    /// Nothing to add.
    public func sum(_ values: UnsafeMutableBufferPointer<Double>) {}
    /// Nothing to add.
    public func sum(_ values: UnsafeMutableBufferPointer<Int64>) {}
}
