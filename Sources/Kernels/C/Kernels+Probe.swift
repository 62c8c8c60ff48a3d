import ApusCore
import CKernels

extension Kernels {
    /// Multiplies and adds in registers on every thread, `rounds` rounds of single or double precision; returns the
    /// number of floating-point operations.
    package func probeArithmetic(rounds: Int, isSingle: Bool) -> Double {
        var counts = [Double](repeating: 0, count: threads)
        counts.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let counts = buffer
            parallelFor(threads) { task in
                var (operations, sum) = (0.0, 0.0)
                if isSingle {
                    sum = Double(ck_probe_multiply_add_float(ck_cpu(), rounds, &operations))
                } else {
                    sum = ck_probe_multiply_add_double(ck_cpu(), rounds, &operations)
                }
                counts[task] = sum.isFinite ? operations : 0
            }
        }
        return counts.reduce(0, +)
    }

    /// Reads x once in order, each thread a part of its own; returns its sum.
    package func probeRead(_ x: Buffer<Double>) -> Double {
        var sums = [Double](repeating: 0, count: threads)
        let part = (x.count + threads - 1) / threads
        sums.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let sums = buffer
            parallelFor(threads) { task in
                let first = min(task * part, x.count)
                sums[task] = ck_probe_read(ck_cpu(), min(part, x.count - first), x.unsafePointer + first)
            }
        }
        withExtendedLifetime(x) {}
        return sums.reduce(0, +)
    }
}
