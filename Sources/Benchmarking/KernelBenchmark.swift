import ApusCore
import ApusKernels

/// Times the kernels on both backends against the limits of the machine, after verifying that they agree.
public struct KernelBenchmark: Sendable {
    /// What one kernel at one size took.
    public struct Result: Codable, Sendable {
        /// Its name.
        public let kernel: String
        /// Rows, columns, or the side of a square.
        public let size: String
        /// Least seconds of the C backend on one thread, and on all.
        public let c1: Double
        /// The same on all threads.
        public let c: Double
        /// Least seconds of the Swift backend on one thread.
        public let swift1: Double
        /// Operations a second of the Swift backend, two a multiply-add, on one thread.
        public let swiftRate: Double
        /// What the machine allows at most, over what the C backend takes on one thread.
        public let share1: Double
        /// The same on all threads.
        public let share: Double
    }

    /// All that was measured.
    public struct Report: Codable, Sendable {
        /// The instruction set of the C kernels.
        public let instructionSet: String
        /// The processor that the algebra library has taken its kernels for.
        public let libraryCore: String
        /// The machine on one thread, and on all.
        public let limits: [HardwareLimits]
        /// One a kernel and size.
        public let results: [Result]
    }

    /// The instruction set that the C kernels are chosen for.
    public static var instructionSet: String { Kernels.instructionSet }
    /// The processor that the algebra library has taken its kernels for.
    public static var libraryCore: String { Kernels.libraryCore }

    /// Threads of the second measurement.
    public let threads: Int
    /// Whether only small sizes are measured.
    public let isQuick: Bool

    /// A benchmark on one thread and on `threads`.
    public init(threads: Int, isQuick: Bool) {
        self.threads = threads > 0 ? threads : Kernels.processorCount
        self.isQuick = isQuick
    }

    /// Measures all kernels; `progress` hears each result. Takes seconds if quick, else a minute or two.
    public func run(cancellation: Cancellation, progress: (Result) throws -> Void = { _ in }) throws -> Report {
        let limits = [HardwareLimits(threads: 1), HardwareLimits(threads: threads)]
        var results: [Result] = []
        for item in try KernelCases.all(isQuick: isQuick) {
            if cancellation.isCancelled { throw ApusError("stopped before it was done", kind: .cancelled) }
            try item.verify()
            func seconds(_ backend: Backend, _ threads: Int) throws -> Double {
                let kernels = Kernels(backend: backend, threads: threads)
                return try Stopwatch.best { _ = try item.run(kernels) }
            }
            let least = limits.map {
                $0.seconds(operations: item.operations, isSingle: item.isSingle, bytes: item.bytes)
            }
            let (one, all, swift) = (try seconds(.c, 1), try seconds(.c, threads), try seconds(.swift, 1))
            let result = Result(
                kernel: item.kernel, size: item.size, c1: one, c: all, swift1: swift,
                swiftRate: item.operations / swift, share1: least[0] / one, share: least[1] / all)
            try progress(result)
            results.append(result)
        }
        return Report(
            instructionSet: Self.instructionSet, libraryCore: Self.libraryCore, limits: limits, results: results)
    }
}
