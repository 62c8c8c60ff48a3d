import ApusCore
import CKernels

/// Fused loss, gradient and hessian of the built-in objectives. Both backends give the same bits at every instruction
/// set: own exp and log, and sums in eight lanes that are added pairwise.
///
/// Scores, gradients and hessians are row-major `(count, scores)`. Without gradients, only the loss is computed. All
/// functions return the weighted sum of losses. Pointers must hold as many elements as `count` says.
package struct GradientKernels: LeveledKernels {
    /// Which implementation runs.
    package let backend: Backend
    let level: ck_cpu_level

    package init(backend: Backend, level: UInt32) {
        self.backend = backend
        self.level = ck_cpu_level(rawValue: level)
    }

    /// Where gradients and hessians go.
    package typealias Outputs = (gradients: UnsafeMutablePointer<Double>, hessians: UnsafeMutablePointer<Double>)

    /// Half the squared error: gradient `score - target`, hessian 1.
    package func squared(
        _ count: Int, targets: UnsafePointer<Double>, weights: UnsafePointer<Double>?, scores: UnsafePointer<Double>,
        outputs: Outputs?
    ) -> Double {
        guard backend == .c else {
            return SwiftGradients.squared(count, targets, weights, scores, outputs)
        }
        return ck_gradients_squared(level, count, targets, weights, scores, outputs?.gradients, outputs?.hessians)
    }

    /// Log loss of two classes with codes 0 and 1: gradient `p - code`, hessian `p (1 - p)`, at least 1e-16.
    package func logistic(
        _ count: Int, codes: UnsafePointer<Int32>, weights: UnsafePointer<Double>?, scores: UnsafePointer<Double>,
        outputs: Outputs?
    ) -> Double {
        guard backend == .c else {
            return SwiftGradients.logistic(count, codes, weights, scores, outputs)
        }
        return ck_gradients_logistic(level, count, codes, weights, scores, outputs?.gradients, outputs?.hessians)
    }

    /// Log loss over a softmax of at least two classes: gradient `p_k - [k = code]`, hessian
    /// `p_k (1 - p_k) classes / (classes - 1)`, at least 1e-16.
    package func softmax(
        _ count: Int, classes: Int, codes: UnsafePointer<Int32>, weights: UnsafePointer<Double>?,
        scores: UnsafePointer<Double>, outputs: Outputs?
    ) -> Double {
        guard backend == .c else {
            return SwiftGradients.softmax(count, classes, codes, weights, scores, outputs)
        }
        return ck_gradients_softmax(
            level, count, classes, codes, weights, scores, outputs?.gradients, outputs?.hessians)
    }
}
