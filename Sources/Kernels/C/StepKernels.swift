import ApusCore
import CKernels

/// Elementwise steps of optimizers. Both backends give the same bits.
package enum StepKernels {
    package typealias Input = UnsafePointer<Double>
    package typealias Output = UnsafeMutablePointer<Double>

    /// How Adam's moments fade, and what a step takes from them.
    package struct Adam: Sendable {
        let (beta1, beta2, rate, scale, eps, keep, decay): (Double, Double, Double, Double, Double, Double, Double)

        package init(
            beta1: Double, beta2: Double, rate: Double, scale: Double, eps: Double, keep: Double, decay: Double
        ) {
            (self.beta1, self.beta2, self.rate, self.scale) = (beta1, beta2, rate, scale)
            (self.eps, self.keep, self.decay) = (eps, keep, decay)
        }
    }

    /// point = keep · point − rate · (along + decay · point) / (√squares · scale + eps), element by element.
    package static func scaled(
        _ count: Int, rate: Double, scale: Double = 1, eps: Double, keep: Double = 1, decay: Double = 0,
        along: Input, squares: Input, point: Output, backend: Backend = .c
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

    /// g = gradient + decay · point; means and squares fade towards g and g²;
    /// point = keep · point − rate · means / (√squares · scale + eps), element by element.
    package static func adam(
        _ count: Int, _ step: Adam, _ gradient: Input, means: Output, squares: Output, point: Output,
        backend: Backend = .c
    ) {
        switch backend {
        case .c:
            ck_adam_step(
                ck_cpu(), count, step.beta1, step.beta2, step.rate, step.scale, step.eps, step.keep, step.decay,
                gradient, means, squares, point)
        case .swift:
            let (new1, new2) = (1 - step.beta1, 1 - step.beta2)
            for place in 0..<count {
                let g = gradient[place] + step.decay * point[place]
                means[place] = step.beta1 * means[place] + new1 * g
                squares[place] = step.beta2 * squares[place] + new2 * (g * g)
                let root = squares[place].squareRoot() * step.scale + step.eps
                point[place] = step.keep * point[place] - step.rate * means[place] / root
            }
        }
    }

    /// The largest magnitude; infinite or NaN if an element is, 0 if there is none.
    package static func largest(_ count: Int, _ x: Input, backend: Backend = .c) -> Double {
        switch backend {
        case .c: return ck_largest(ck_cpu(), count, x)
        case .swift:
            var most: UInt64 = 0
            for place in 0..<count { most = max(most, x[place].magnitude.bitPattern) }
            return Double(bitPattern: most)
        }
    }
}
