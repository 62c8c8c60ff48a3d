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
        /// What the machine allows at most, over what the C backend takes on one thread: operations by the rate of
        /// multiply-adds, bytes by reading as many, from the caches if they hold those, whichever is longer.
        public let share1: Double
        /// The same on all threads.
        public let share: Double
        /// The same of the Swift backend on one thread.
        public let swiftShare: Double
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
    /// What is measured.
    public let parts: [KernelPart]

    /// A benchmark on one thread and on `threads`.
    public init(threads: Int, isQuick: Bool, parts: [KernelPart] = KernelPart.allCases) {
        self.threads = threads > 0 ? threads : Kernels.processorCount
        self.isQuick = isQuick
        self.parts = parts
    }

    /// Measures the kernels; `progress` hears each result. All of them take a minute or two if quick, else some more.
    public func run(cancellation: Cancellation, progress: (Result) throws -> Void = { _ in }) throws -> Report {
        let limits = [HardwareLimits(threads: 1), HardwareLimits(threads: threads)]
        var results: [Result] = []
        for part in parts {
            for item in try part.cases(isQuick: isQuick) {
                if cancellation.isCancelled { throw ApusError("stopped before it was done", kind: .cancelled) }
                try item.verify()
                let result = try measure(item, limits)
                try progress(result)
                results.append(result)
            }
        }
        return Report(
            instructionSet: Self.instructionSet, libraryCore: Self.libraryCore, limits: limits, results: results)
    }

    private func measure(_ item: KernelCase, _ limits: [HardwareLimits]) throws -> Result {
        let kernels = [Kernels(threads: 1), Kernels(threads: threads)]
        let swift = Kernels(backend: .swift, threads: 1)
        let bytes = Buffer<Double>(repeating: 1, count: Int(item.bytes) / 8)
        let seconds = try Stopwatch.best(inTurn: [
            { _ = try item.run(kernels[0]) }, { _ = try item.run(kernels[1]) }, { _ = try item.run(swift) },
            { _ = kernels[0].probeRead(bytes) }, { _ = kernels[1].probeRead(bytes) },
        ])
        let least = limits.indices.map {
            max(
                limits[$0].seconds(operations: item.operations, isSingle: item.isSingle),
                bytes.isEmpty ? 0 : seconds[3 + $0])
        }
        return Result(
            kernel: item.kernel, size: item.size, c1: seconds[0], c: seconds[1], swift1: seconds[2],
            swiftRate: item.operations / seconds[2], share1: least[0] / seconds[0], share: least[1] / seconds[1],
            swiftShare: least[0] / seconds[2])
    }
}
