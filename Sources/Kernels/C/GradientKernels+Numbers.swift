import CKernels

/// Losses of one score for a number.
extension GradientKernels {
    /// Absolute errors, `under` a unit where the score is too low and `over` where it is too high: gradient `-under` or
    /// `over`, hessian 1.
    package func pinball(
        _ count: Int, under: Double, over: Double, targets: UnsafePointer<Double>, weights: UnsafePointer<Double>?,
        scores: UnsafePointer<Double>, outputs: Outputs?
    ) -> Double {
        guard backend == .c else {
            return SwiftGradients.pinball(count, under, over, targets, weights, scores, outputs)
        }
        return ck_gradients_pinball(
            level, count, under, over, targets, weights, scores, outputs?.gradients, outputs?.hessians)
    }

    /// Half the squared error up to `delta`, linear beyond: gradient `score - target` cut at ±delta, hessian 1.
    package func huber(
        _ count: Int, delta: Double, targets: UnsafePointer<Double>, weights: UnsafePointer<Double>?,
        scores: UnsafePointer<Double>, outputs: Outputs?
    ) -> Double {
        guard backend == .c else { return SwiftGradients.huber(count, delta, targets, weights, scores, outputs) }
        return ck_gradients_huber(level, count, delta, targets, weights, scores, outputs?.gradients, outputs?.hessians)
    }

    /// Half the Poisson deviance of counts (not negative) with mean e^score: gradient `mean - target`, hessian
    /// `curvature · mean`.
    package func poisson(
        _ count: Int, curvature: Double, targets: UnsafePointer<Double>, weights: UnsafePointer<Double>?,
        scores: UnsafePointer<Double>, outputs: Outputs?
    ) -> Double {
        guard backend == .c else { return SwiftGradients.poisson(count, curvature, targets, weights, scores, outputs) }
        return ck_gradients_poisson(
            level, count, curvature, targets, weights, scores, outputs?.gradients, outputs?.hessians)
    }

    /// Half the gamma deviance of targets above 0 with mean e^score: gradient `1 - target / mean`, hessian
    /// `target / mean`, at least 1e-16.
    package func gamma(
        _ count: Int, targets: UnsafePointer<Double>, weights: UnsafePointer<Double>?, scores: UnsafePointer<Double>,
        outputs: Outputs?
    ) -> Double {
        guard backend == .c else { return SwiftGradients.gamma(count, targets, weights, scores, outputs) }
        return ck_gradients_gamma(level, count, targets, weights, scores, outputs?.gradients, outputs?.hessians)
    }
}
