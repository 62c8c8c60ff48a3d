import ApusCore
import ApusKernels

/// One kernel at one size.
package struct KernelCase: Sendable {
    package let kernel: String
    package let size: String
    /// Floating-point operations, two a multiply-add.
    let operations: Double
    /// Bytes that have to be read, from memory where they do not fit the caches.
    var bytes = 0.0
    var isSingle = false
    /// Most that results of the backends may differ by, against the largest of them.
    let tolerance: Double
    /// Runs it once; returns numbers to compare.
    let run: @Sendable (Kernels) throws -> [Double]

    /// Whether a run with each backend gives the same, and finite, numbers.
    package func verify() throws {
        let results = try Backend.allCases.map { try run(Kernels(backend: $0, threads: 1)) }
        let largest = results[0].reduce(0) { max($0, abs($1)) }
        for (one, other) in zip(results[0], results[1]) where !(abs(one - other) <= tolerance * max(largest, 1)) {
            throw ApusError(
                "the backends differ: \(one) and \(other)", at: "\(kernel) \(size)", kind: .plugin)
        }
    }
}
