import ApusCore
import ApusKernels

/// An objective whose whole work is one kernel.
package protocol KernelObjective: Objective {
    /// How many scores a row has; looks at the kind of target and its classes alone, not at every row.
    func width(for target: Target) throws -> Int
    /// The weighted sum of losses of `rows` by `kernels`, with gradients and hessians where they are wanted. A target
    /// that `width(for:)` refuses gives NaN.
    func run(_ kernels: GradientKernels, _ target: Target, _ rows: ObjectiveRows) -> Double
}

extension KernelObjective {
    /// As many as the width; objectives of some numbers only also look at those.
    package func scores(for target: Target) throws -> Int { try width(for: target) }

    /// Runs the kernel with gradients and hessians.
    package func evaluate(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        gradients: UnsafeMutableBufferPointer<Double>, hessians: UnsafeMutableBufferPointer<Double>, backend: Backend
    ) -> Double {
        sum(target, weights, rows, scores, (gradients, hessians), backend)
    }

    /// Runs the kernel for the loss alone.
    package func loss(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        backend: Backend
    ) -> Double {
        sum(target, weights, rows, scores, nil, backend)
    }

    private func sum(
        _ target: Target, _ weights: Buffer<Double>?, _ rows: Range<Int>, _ scores: UnsafeBufferPointer<Double>,
        _ outputs: ObjectiveRows.Buffers?, _ backend: Backend
    ) -> Double {
        guard !rows.isEmpty, let width = try? width(for: target),
            let part = ObjectiveRows(rows, width: width, weights, scores, outputs)
        else { return rows.isEmpty ? 0 : .nan }
        return withExtendedLifetime((target, weights)) { run(GradientKernels(backend), target, part) }
    }
}
