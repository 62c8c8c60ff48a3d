import ApusCore
import ApusKernels

/// Half the squared error, `(score - target)² / 2`, for regression.
public struct SquaredError: Objective {
    /// objective.squared
    public static let descriptor = Descriptor(
        id: "objective.squared", summary: "Half the squared error: the score is the mean.", tasks: [.regression],
        weights: .exact(tolerance: 1e-12))

    /// Without parameters.
    public init() {}

    /// One.
    public func scores(for target: Target) throws -> Int {
        _ = try values(target)
        return 1
    }

    /// The weighted mean, whatever the order of the rows.
    public func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let values = try values(target)
        let total = weights.map { weights in OrderFreeSum.of(values.count) { weights[$0] } } ?? Double(values.count)
        guard let total, let sum = OrderFreeSum.of(values.count, { (weights?[$0] ?? 1) * values[$0] }) else {
            throw ApusError("a target or a weight is not finite", remedy: "Leave out such rows.")
        }
        return [total > 0 ? sum / total : 0]
    }

    /// Gradient `score - target`, hessian 1.
    public func evaluate(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        gradients: UnsafeMutableBufferPointer<Double>, hessians: UnsafeMutableBufferPointer<Double>, backend: Backend
    ) -> Double {
        sum(target, weights, rows, scores, (gradients, hessians), backend)
    }

    /// The sum of weighted losses.
    public func loss(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        backend: Backend
    ) -> Double {
        sum(target, weights, rows, scores, nil, backend)
    }

    private func sum(
        _ target: Target, _ weights: Buffer<Double>?, _ rows: Range<Int>, _ scores: UnsafeBufferPointer<Double>,
        _ outputs: (UnsafeMutableBufferPointer<Double>, UnsafeMutableBufferPointer<Double>)?, _ backend: Backend
    ) -> Double {
        guard case .values(let values) = target else { return .nan }
        return ObjectiveRows(rows, scores: 1, scores, outputs).run { scores, outputs in
            GradientKernels(backend).squared(
                rows.count, targets: values.unsafePointer + rows.lowerBound,
                weights: weights.map { $0.unsafePointer + rows.lowerBound }, scores: scores, outputs: outputs)
        }
    }

    /// The score itself.
    public func link(
        rows: Int, scores: UnsafeBufferPointer<Double>, outputs: UnsafeMutableBufferPointer<Double>
    ) {
        for row in 0..<rows { outputs[row] = scores[row] }
    }

    private func values(_ target: Target) throws -> Buffer<Double> {
        if case .values(let values) = target { return values }
        throw ApusError(
            "objective.squared needs a target of numbers, found a \(target.task.rawValue) target",
            remedy: "Use objective.logistic, objective.softmax or objective.multilabel.", kind: .usage)
    }
}
