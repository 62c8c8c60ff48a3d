import CKernels

/// Losses of classes beside the logistic and the softmax. The first four have one loss a score, of `width` scores a
/// row: a single one against class 0, else score k for class k against the rest.
extension GradientKernels {
    /// Log loss of each score as log odds.
    package func oneVersusAll(
        _ count: Int, width: Int, codes: UnsafePointer<Int32>, weights: UnsafePointer<Double>?,
        scores: UnsafePointer<Double>, outputs: Outputs?
    ) -> Double {
        guard backend == .c else { return SwiftGradients.oneVersusAll(count, width, codes, weights, scores, outputs) }
        return ck_gradients_one_vs_all(
            level, count, width, codes, weights, scores, outputs?.gradients, outputs?.hessians)
    }

    /// Log loss of each score as log odds of one label; `flags` are `(count, width)`, not 0 where the label holds.
    package func multilabel(
        _ count: Int, width: Int, flags: UnsafePointer<UInt8>, weights: UnsafePointer<Double>?,
        scores: UnsafePointer<Double>, outputs: Outputs?
    ) -> Double {
        guard backend == .c else { return SwiftGradients.multilabel(count, width, flags, weights, scores, outputs) }
        return ck_gradients_multilabel(
            level, count, width, flags, weights, scores, outputs?.gradients, outputs?.hessians)
    }

    /// Log loss times `(1 - p)^gamma`, with p the probability of the truth, and times `alpha` for the class itself,
    /// `1 - alpha` for the rest. The hessian leaves out what is concave.
    package func focal(
        _ count: Int, width: Int, gamma: Double, alpha: Double, codes: UnsafePointer<Int32>,
        weights: UnsafePointer<Double>?, scores: UnsafePointer<Double>, outputs: Outputs?
    ) -> Double {
        guard backend == .c else {
            return SwiftGradients.focal(count, width, gamma, alpha, codes, weights, scores, outputs)
        }
        return ck_gradients_focal(
            level, count, width, gamma, alpha, codes, weights, scores, outputs?.gradients, outputs?.hessians)
    }

    /// `max(0, 1 - score)`, the sign turned for the rest: gradient -1 or 0, hessian 1.
    package func hinge(
        _ count: Int, width: Int, codes: UnsafePointer<Int32>, weights: UnsafePointer<Double>?,
        scores: UnsafePointer<Double>, outputs: Outputs?
    ) -> Double {
        guard backend == .c else { return SwiftGradients.hinge(count, width, codes, weights, scores, outputs) }
        return ck_gradients_hinge(level, count, width, codes, weights, scores, outputs?.gradients, outputs?.hessians)
    }

    /// Cross entropy of a softmax with the shares of the row's class: `shares` is `(classes, classes)`, row-major, not
    /// negative. Gradient `total p_k - share_k`, hessian `total p_k (1 - p_k) classes / (classes - 1)`.
    package func shares(
        _ count: Int, classes: Int, shares: UnsafePointer<Double>, codes: UnsafePointer<Int32>,
        weights: UnsafePointer<Double>?, scores: UnsafePointer<Double>, outputs: Outputs?
    ) -> Double {
        guard backend == .c else {
            return SwiftGradients.shares(count, classes, shares, codes, weights, scores, outputs)
        }
        return ck_gradients_shares(
            level, count, classes, shares, codes, weights, scores, outputs?.gradients, outputs?.hessians)
    }
}
