import ApusCore

/// The pure-Swift twin of `ck_gradients.h`.
enum SwiftGradients {
    /// Eight sums, row i in the sum i % 8. In memory: a vector's lane that is only known at run time goes through it anyway,
    /// and takes the others along.
    typealias Lanes = UnsafeMutableBufferPointer<Double>

    /// What `body` adds to the lanes, added pairwise.
    @inline(__always)
    static func total(_ body: (Lanes) -> Void) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 8) { lanes in
            lanes.initialize(repeating: 0)
            body(lanes)
            return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
        }
    }

    static func squared(
        _ count: Int, _ targets: UnsafePointer<Double>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        total { lanes in
            for row in 0..<count {
                let weight = weights?[row] ?? 1
                let error = scores[row] - targets[row]
                lanes[row & 7] += weight * (0.5 * (error * error))
                if let outputs {
                    outputs.gradients[row] = weight * error
                    outputs.hessians[row] = weight
                }
            }
        }
    }

    /// Rows whose factors 1 + e^-|score|, at most 2, are multiplied before one logarithm is taken of all.
    private static let segment = 512 * 8

    static func logistic(
        _ count: Int, _ codes: UnsafePointer<Int32>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        total { lanes in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 8) { factors in
                for start in stride(from: 0, to: count, by: segment) {
                    factors.initialize(repeating: 1)
                    for row in start..<min(start + segment, count) {
                        let weight = weights?[row] ?? 1
                        let score = scores[row]
                        let target: Double = codes[row] > 0 ? 1 : 0
                        let e = DeterministicMath.exp(-abs(score))
                        let inverse = 1 / (1 + e)
                        let p = score >= 0 ? inverse : e * inverse
                        let linear = (score > 0 ? score : 0) - target * score
                        if weights == nil {
                            lanes[row & 7] += linear
                            factors[row & 7] *= 1 + e
                        } else {
                            lanes[row & 7] += weight * (linear + DeterministicMath.log(1 + e))
                        }
                        if let outputs {
                            let hessian = e * inverse * inverse
                            outputs.gradients[row] = weight * (p - target)
                            outputs.hessians[row] = weight * (hessian > 1e-16 ? hessian : 1e-16)
                        }
                    }
                    for lane in 0..<8 { lanes[lane] += DeterministicMath.log(factors[lane]) }
                }
            }
        }
    }

    static func softmax(
        _ count: Int, _ classes: Int, _ codes: UnsafePointer<Int32>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        let factor = Double(classes) / Double(classes - 1)
        return total { lanes in
            for row in 0..<count {
                let scores = scores + classes * row
                let weight = weights?[row] ?? 1
                var most = scores[0]
                for k in 1..<classes where scores[k] > most { most = scores[k] }
                var sum = 0.0
                for k in 0..<classes { sum += DeterministicMath.exp(scores[k] - most) }
                let code = codes[row] > 0 ? Int(codes[row]) : 0
                lanes[row & 7] += weight * (DeterministicMath.log(sum) - (scores[code] - most))
                guard let outputs else { continue }
                let inverse = 1 / sum
                for k in 0..<classes {
                    let p = DeterministicMath.exp(scores[k] - most) * inverse
                    let hessian = factor * (p * (1 - p))
                    outputs.gradients[classes * row + k] = weight * (p - (k == code ? 1 : 0))
                    outputs.hessians[classes * row + k] = weight * (hessian > 1e-16 ? hessian : 1e-16)
                }
            }
        }
    }
}
