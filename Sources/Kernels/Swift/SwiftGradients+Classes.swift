import ApusCore

/// Losses of classes beside the logistic and the softmax.
extension SwiftGradients {
    /// Loss, gradient and hessian of one score with its sign turned so that a larger one is better.
    private typealias Side = (loss: Double, gradient: Double, hessian: Double)

    /// One loss a score: score k for class k against the rest, a single one against class 0.
    @inline(__always)
    private static func sides(
        _ count: Int, _ width: Int, _ codes: UnsafePointer<Int32>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?,
        _ side: (_ score: Double, _ isPositive: Bool) -> Side
    ) -> Double {
        sides(count, width, weights, scores, outputs, side) { row, k in
            width == 1 ? codes[row] > 0 : Int(codes[row]) == k
        }
    }

    /// One loss a score.
    @inline(__always)
    private static func sides(
        _ count: Int, _ width: Int, _ weights: UnsafePointer<Double>?, _ scores: UnsafePointer<Double>,
        _ outputs: GradientKernels.Outputs?, _ side: (_ score: Double, _ isPositive: Bool) -> Side,
        isPositive: (_ row: Int, _ k: Int) -> Bool
    ) -> Double {
        total { lanes in
            for row in 0..<count {
                let weight = weights?[row] ?? 1
                var sum = 0.0
                for k in 0..<width {
                    let place = width * row + k
                    let isPositive = isPositive(row, k)
                    let found = side(isPositive ? scores[place] : -scores[place], isPositive)
                    sum += found.loss
                    if let outputs {
                        outputs.gradients[place] = weight * (isPositive ? found.gradient : -found.gradient)
                        outputs.hessians[place] = weight * found.hessian
                    }
                }
                lanes[row & 7] += weight * sum
            }
        }
    }

    static func oneVersusAll(
        _ count: Int, _ width: Int, _ codes: UnsafePointer<Int32>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        sides(count, width, codes, weights, scores, outputs) { z, _ in logistic(z) }
    }

    static func multilabel(
        _ count: Int, _ width: Int, _ flags: UnsafePointer<UInt8>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        sides(count, width, weights, scores, outputs) { z, _ in
            logistic(z)
        } isPositive: { row, k in
            flags[width * row + k] != 0
        }
    }

    @inline(__always)
    private static func logistic(_ z: Double) -> Side {
        let e = DeterministicMath.exp(-abs(z))
        let inverse = 1 / (1 + e)
        let hessian = e * inverse * inverse
        return (
            (z < 0 ? -z : 0) + DeterministicMath.log(1 + e), -(z >= 0 ? e * inverse : inverse),
            hessian > 1e-16 ? hessian : 1e-16
        )
    }

    static func focal(
        _ count: Int, _ width: Int, _ gamma: Double, _ alpha: Double, _ codes: UnsafePointer<Int32>,
        _ weights: UnsafePointer<Double>?, _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        sides(count, width, codes, weights, scores, outputs) { z, isPositive in
            let e = DeterministicMath.exp(-abs(z))
            let inverse = 1 / (1 + e)
            let p = z >= 0 ? inverse : e * inverse
            let q = z >= 0 ? e * inverse : inverse
            let rest = DeterministicMath.log(1 + e)
            let logP = -((z < 0 ? -z : 0) + rest)
            let logQ = -((z > 0 ? z : 0) + rest)
            let factor = (isPositive ? alpha : 1 - alpha) * DeterministicMath.exp(gamma * logQ)
            // Far on the wrong side the loss is concave: there the hessian leaves that part out.
            let bend = gamma * logP * (q - gamma * p)
            let hessian = factor * p * (q * (1 + 2 * gamma) + (bend > 0 ? bend : 0))
            return (-factor * logP, factor * (gamma * p * logP - q), hessian > 1e-16 ? hessian : 1e-16)
        }
    }

    static func hinge(
        _ count: Int, _ width: Int, _ codes: UnsafePointer<Int32>, _ weights: UnsafePointer<Double>?,
        _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        sides(count, width, codes, weights, scores, outputs) { z, _ in
            let margin = 1 - z
            return margin > 0 ? (margin, -1, 1) : (0, 0, 1)
        }
    }

    static func shares(
        _ count: Int, _ classes: Int, _ shares: UnsafePointer<Double>, _ codes: UnsafePointer<Int32>,
        _ weights: UnsafePointer<Double>?, _ scores: UnsafePointer<Double>, _ outputs: GradientKernels.Outputs?
    ) -> Double {
        let factor = Double(classes) / Double(classes - 1)
        return total { lanes in
            for row in 0..<count {
                let scores = scores + classes * row
                let share = shares + classes * Int(max(0, codes[row]))
                let weight = weights?[row] ?? 1
                var most = scores[0]
                for k in 1..<classes where scores[k] > most { most = scores[k] }
                var (sum, all, dot) = (0.0, 0.0, 0.0)
                for k in 0..<classes {
                    sum += DeterministicMath.exp(scores[k] - most)
                    all += share[k]
                    dot += share[k] * (scores[k] - most)
                }
                lanes[row & 7] += weight * (all * DeterministicMath.log(sum) - dot)
                guard let outputs else { continue }
                let inverse = 1 / sum
                for k in 0..<classes {
                    let p = DeterministicMath.exp(scores[k] - most) * inverse
                    let hessian = factor * all * (p * (1 - p))
                    outputs.gradients[classes * row + k] = weight * (all * p - share[k])
                    outputs.hessians[classes * row + k] = weight * (hessian > 1e-16 ? hessian : 1e-16)
                }
            }
        }
    }
}
