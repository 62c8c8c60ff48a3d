import ApusCore
import CKernels

/// The kernels of one backend on a number of threads; every kernel is a method, in an extension beside its C or Swift
/// implementation. Results depend on neither: `threads` never changes a bit, `backend` changes at most rounding, and
/// nothing at all for the tree kernels.
public struct Kernels: Sendable {
    /// Which implementation runs.
    public let backend: Backend
    /// How many threads a parallel region may use, at least 1.
    public let threads: Int

    /// Kernels of `backend` on at most `threads` threads; 0 takes every processor of this process.
    public init(backend: Backend = .c, threads: Int = 0) {
        self.backend = backend
        self.threads = threads > 0 ? threads : Kernels.processorCount
    }

    /// Processors that this process may use.
    public static var processorCount: Int { Int(ck_processor_count()) }

    /// The instruction set that the C kernels were dispatched to: "baseline", "v3" or "v4".
    public static var instructionSet: String { String(cString: ck_cpu_name(ck_cpu())) }

    /// The processor that the algebra library has taken its kernels for.
    public static var libraryCore: String { String(cString: ck_library_core()) }

    /// Runs `body(0) … body(tasks - 1)` on the pool and returns when all are done. Tasks run in any order.
    public func parallelFor(_ tasks: Int, _ body: @Sendable (Int) -> Void) {
        guard tasks > 0 else { return }
        withoutActuallyEscaping(body) { body in
            var call = ParallelBody(run: body)
            withUnsafeMutablePointer(to: &call) { pointer in
                ck_parallel_for(Int32(threads), tasks, runParallelBody, UnsafeMutableRawPointer(pointer))
            }
        }
    }
}

private struct ParallelBody { let run: @Sendable (Int) -> Void }

/// Nonisolated on purpose: a closure made on the main actor traps when a pool thread calls it.
private func runParallelBody(_ context: UnsafeMutableRawPointer?, _ task: Int) {
    context?.assumingMemoryBound(to: ParallelBody.self).pointee.run(task)
}
