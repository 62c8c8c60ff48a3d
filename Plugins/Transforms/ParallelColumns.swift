import ApusCore
import ApusKernels

/// `make(0) … make(count - 1)` in order, on the context's threads where the work is worth waking them.
func parallelColumns<Made: Sendable>(
    _ count: Int, rows: Int, in context: RunContext, _ make: @Sendable (Int) -> Made
) -> [Made] {
    guard count > 1, rows > 4096 else { return (0..<count).map(make) }
    var made = [Made?](repeating: nil, count: count)
    made.withUnsafeMutableBufferPointer { buffer in
        nonisolated(unsafe) let buffer = buffer
        Kernels(backend: context.backend, threads: context.threads).parallelFor(count) { buffer[$0] = make($0) }
    }
    return made.compactMap(\.self)
}
