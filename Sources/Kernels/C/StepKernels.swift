import ApusCore
import CKernels

/// Elementwise steps of optimizers. Both backends give the same bits.
package enum StepKernels {
    /// point = keep · point − rate · (along + decay · point) / (√squares · scale + eps), element by element.
    package static func scaled(
        _ count: Int, rate: Double, scale: Double = 1, eps: Double, keep: Double = 1, decay: Double = 0,
        along: UnsafePointer<Double>, squares: UnsafePointer<Double>, point: UnsafeMutablePointer<Double>,
        backend: Backend = .c
    ) {
        switch backend {
        case .c: ck_scaled_step(ck_cpu(), count, rate, scale, eps, keep, decay, along, squares, point)
        case .swift:
            for place in 0..<count {
                let root = squares[place].squareRoot() * scale + eps
                point[place] = keep * point[place] - rate * (along[place] + decay * point[place]) / root
            }
        }
    }
}
