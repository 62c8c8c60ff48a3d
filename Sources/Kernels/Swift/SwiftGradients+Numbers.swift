import ApusCore

/// Losses of one score for a number.
extension SwiftGradients {
    /// Sums `loss(target, score)`, and writes its gradient and hessian where they are wanted.
    @inline(__always)
    private static func rows(
        _ count: Int, _ targets: UnsafePointer<Double>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?,
        _ side: (_ target: Double, _ score: Double) -> (loss: Double, gradient: Double, hessian: Double)
    ) -> Double {
        total { lanes in
            for row in 0..<count {
                let weight = weights?[row] ?? 1
                let found = side(targets[row], scores[row])
                lanes[row & 7] += weight * found.loss
                if let outputs {
                    outputs.gradients[row] = weight * found.gradient
                    outputs.hessians[row] = weight * found.hessian
                }
            }
        }
    }

    static func pinball(
        _ count: Int, _ under: Double, _ over: Double, _ targets: UnsafePointer<Double>,
        _ weights: UnsafePointer<Double>?, _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        rows(count, targets, weights, scores, outputs) { target, score in
            let rest = target - score
            return (rest > 0 ? under * rest : -over * rest, rest > 0 ? -under : rest < 0 ? over : 0, 1)
        }
    }

    static func huber(
        _ count: Int, _ delta: Double, _ targets: UnsafePointer<Double>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        rows(count, targets, weights, scores, outputs) { target, score in
            let error = score - target
            let size = abs(error)
            let low = error > -delta ? error : -delta
            return (size > delta ? delta * (size - 0.5 * delta) : 0.5 * (error * error), low < delta ? low : delta, 1)
        }
    }

    static func poisson(
        _ count: Int, _ curvature: Double, _ targets: UnsafePointer<Double>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        rows(count, targets, weights, scores, outputs) { target, score in
            let mean = DeterministicMath.exp(score)
            let logarithm = DeterministicMath.log(target > 0x1p-1022 ? target : 1)
            return (target * (logarithm - score) + (mean - target), mean - target, mean * curvature)
        }
    }

    static func gamma(
        _ count: Int, _ targets: UnsafePointer<Double>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        rows(count, targets, weights, scores, outputs) { target, score in
            let ratio = target * DeterministicMath.exp(-score)
            let loss = (score - DeterministicMath.log(target)) + (ratio - 1)
            return (loss, 1 - ratio, ratio > 1e-16 ? ratio : 1e-16)
        }
    }
}
