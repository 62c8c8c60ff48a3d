import ApusCore

/// `log cosh(score - target)`: close to half the squared error near 0, to the absolute error far from it.
///
/// Any learner that takes an objective trains with it: `apus train … --set model.objective=log_cosh`.
public struct LogCosh: Objective {
    /// What it is.
    public static let descriptor = Descriptor(
        id: "objective.log_cosh", summary: "log cosh of the error, a smooth robust loss", tasks: [.regression],
        weights: .exact(tolerance: 1e-9))

    /// The defaults.
    public init() {}

    /// One; throws for classes.
    public func scores(for target: Target) throws -> Int {
        guard case .values = target else {
            throw ApusError("\(Self.descriptor.id) needs a target of numbers, found classes", kind: .usage)
        }
        return 1
    }

    /// The score is the value.
    public func link(for target: Target) -> Link { .identity }

    /// The constant of least loss, where the weighted gradients sum to 0: by halving, as the sum rises with the score.
    public func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        guard case .values(let values) = target, var low = values.min(), var high = values.max() else { return [0] }
        for _ in 0..<100 {
            let middle = low + (high - low) / 2
            let slope = values.indices.reduce(0) { $0 + (weights?[$1] ?? 1) * LogCosh.loss(middle - values[$1]).slope }
            if slope < 0 { low = middle } else { high = middle }
        }
        return [low + (high - low) / 2]
    }

    /// Gradient `tanh(error)`. The curvature vanishes far from 0, where a Newton step would go much too far; the hessian
    /// is `tanh(error) / error`, the curvature of the parabola that touches the loss here and lies above it elsewhere.
    public func evaluate(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        gradients: UnsafeMutableBufferPointer<Double>, hessians: UnsafeMutableBufferPointer<Double>, backend: Backend
    ) -> Double {
        guard case .values(let values) = target else { return .nan }
        var sum = 0.0
        for row in rows {
            let weight = weights?[row] ?? 1
            let error = scores[row] - values[row]
            let (loss, slope) = LogCosh.loss(error)
            sum += weight * loss
            gradients[row] = weight * slope
            hessians[row] = weight * (abs(error) > 1e-4 ? slope / error : 1)
        }
        return sum
    }

    /// The sum of weighted losses.
    public func loss(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        backend: Backend
    ) -> Double {
        guard case .values(let values) = target else { return .nan }
        return rows.reduce(0) { $0 + (weights?[$1] ?? 1) * LogCosh.loss(scores[$1] - values[$1]).value }
    }

    /// `log cosh x = |x| + log(1 + e^(-2|x|)) - log 2`, which no size of x overflows. Core's own exp and log give the
    /// same bits on every machine.
    private static func loss(_ error: Double) -> (value: Double, slope: Double) {
        let size = abs(error)
        let e = DeterministicMath.exp(-2 * size)
        let slope = (1 - e) / (1 + e)
        return (size + DeterministicMath.log(1 + e) - 0.6931471805599453, error < 0 ? -slope : slope)
    }
}
