import ApusCore
import ApusKernels

/// What the machine can do at most, measured: no kernel is faster.
public struct HardwareLimits: Codable, Sendable {
    /// Threads that it was measured on.
    public let threads: Int
    /// Operations a second, two a multiply-add, in single precision.
    public let single: Double
    /// The same in double precision.
    public let double: Double
    /// Bytes a second read from memory.
    public let bandwidth: Double

    /// Measures for some tenths of a second.
    public init(threads: Int) {
        let kernels = Kernels(threads: threads)
        self.threads = threads
        func rate(isSingle: Bool) -> Double {
            let rounds = 2_000_000
            let operations = kernels.probeArithmetic(rounds: rounds, isSingle: isSingle)
            return operations / Stopwatch.best { _ = kernels.probeArithmetic(rounds: rounds, isSingle: isSingle) }
        }
        single = rate(isSingle: true)
        double = rate(isSingle: false)
        // Beyond the caches, also of a server.
        let x = Buffer<Double>(repeating: 1, count: 128 << 20)
        bandwidth = Double(x.count * 8) / Stopwatch.best { _ = kernels.probeRead(x) }
    }

    /// Seconds that so many operations take at least.
    public func seconds(operations: Double, isSingle: Bool) -> Double { operations / (isSingle ? single : double) }
}
