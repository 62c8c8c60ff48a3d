import ApusCore
import ApusKernels

extension KernelCases {
    /// What descent does beside matrix products: steps of optimizers, gradients by weights, and a few rows at a time in
    /// any order. Many calls a run, as learners make them; one thread.
    static func descent(rows: Int, columns: Int) -> [KernelCase] {
        let (variables, times) = (4096, 64)
        let random = CounterRandom(seed: 1, purpose: "descent")
        let draws = Buffer((0..<4 * variables).map { random.unit($0) - 0.5 })
        let singles = Buffer(draws.map { Float($0) })
        let x = Buffer((0..<rows * columns).map { random.unit($0 + 4 * variables) - 0.5 })
        let order = Buffer(random.permutation(rows).map(Int64.init))
        let work = Double(variables * times)
        return [
            KernelCase(
                kernel: "adam_step", size: "\(variables)×\(times)", operations: 13 * work, tolerance: 0
            ) { kernels in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * variables) { room in
                    guard let point = room.baseAddress else { return [] }
                    room.initialize(repeating: 0.25)
                    for step in 1...times {
                        let adam = StepKernels.Adam(
                            beta1: 0.9, beta2: 0.999, rate: 1e-3, scale: 1 / Double(step), eps: 1e-8, keep: 1, decay: 0)
                        StepKernels.adam(
                            variables, adam, draws.unsafePointer, means: point + variables,
                            squares: point + 2 * variables, point: point, backend: kernels.backend)
                    }
                    return Array(room.prefix(8))
                }
            },
            KernelCase(
                kernel: "take_gradient", size: "\(variables)×\(times)", operations: 6 * work, tolerance: 1e-12
            ) { kernels in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: variables) { room in
                    guard let gradient = room.baseAddress else { return [] }
                    var sums = (weights: 0.0, gradient: 0.0)
                    for _ in 0..<times {
                        sums = LayerKernels(kernels.backend).takeGradient(
                            variables, adding: false, penalty: 0.5, singles.unsafePointer,
                            weights: singles.unsafePointer + variables, gradient)
                    }
                    return [sums.weights, sums.gradient, gradient[1]]
                }
            },
            KernelCase(
                kernel: "row_steps", size: "\(rows)×\(columns)", operations: 4 * Double(rows * columns),
                bytes: 8 * Double(rows * columns), tolerance: 1e-9
            ) { kernels in
                let (steps, batch) = (RowKernels(kernels.backend), 16)
                var coefficients = [Double](repeating: 0, count: columns)
                var (slopes, residuals) = (coefficients, [Double](repeating: 0, count: batch))
                for start in stride(from: 0, to: rows - batch, by: batch) {
                    let view = RowKernels.Rows(
                        count: batch, ahead: rows - start - batch, columns: columns, stride: columns,
                        rows: order.unsafePointer + start, x: x.unsafePointer)
                    steps.margins(view, coefficients: coefficients, intercept: 0.1, step: 1, into: &residuals)
                    _ = steps.gradient(view, residuals: residuals, step: 1, into: &slopes)
                    steps.step(columns, keep: 1, share: 1e-3, cut: 0, slopes: slopes, &coefficients)
                }
                withExtendedLifetime((x, order)) {}
                return coefficients
            },
        ]
    }
}
