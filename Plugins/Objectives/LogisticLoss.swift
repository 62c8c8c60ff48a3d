import ApusCore
import ApusKernels

/// Log loss of two classes; the score is the log odds of the second.
public struct LogisticLoss: Objective {
    /// objective.logistic
    public static let descriptor = Descriptor(
        id: "objective.logistic", summary: "Log loss of two classes: the score is the log odds of the second.",
        tasks: [.binary], weights: .exact(tolerance: 1e-12))

    /// Without parameters.
    public init() {}

    /// One; throws for numbers and for more than two classes.
    public func scores(for target: Target) throws -> Int {
        let labels = try ClassShares.classes(of: target, for: Self.descriptor.id).labels
        guard labels.count <= 2 else {
            throw ApusError(
                "objective.logistic takes two classes, found \(labels.count)", remedy: "Use objective.softmax.",
                kind: .usage)
        }
        return 1
    }

    /// The log odds of the second class.
    public func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let (codes, labels) = try ClassShares.classes(of: target, for: Self.descriptor.id)
        let shares = ClassShares(codes: codes, classes: labels.count, weights: weights).shares
        return [DeterministicMath.log(shares[1] / shares[0])]
    }

    /// Gradient `p - y`, hessian `p (1 - p)`.
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
        _ outputs: ObjectiveRows.Buffers?, _ backend: Backend
    ) -> Double {
        guard case .classes(let codes, _) = target else { return .nan }
        return ObjectiveRows(rows, scores: 1, scores, outputs).run { scores, outputs in
            GradientKernels(backend).logistic(
                rows.count, codes: codes.unsafePointer + rows.lowerBound,
                weights: weights.map { $0.unsafePointer + rows.lowerBound }, scores: scores, outputs: outputs)
        }
    }

    /// `1 - p` and `p`, with `p = 1 / (1 + e^-score)`; a single 1 where there is one class only.
    public func link(
        rows: Int, scores: UnsafeBufferPointer<Double>, outputs: UnsafeMutableBufferPointer<Double>
    ) {
        guard rows > 0, outputs.count >= 2 * rows else {
            for row in 0..<min(rows, outputs.count) { outputs[row] = 1 }
            return
        }
        for row in 0..<rows {
            let score = scores[row]
            let e = DeterministicMath.exp(-abs(score))
            let likely = 1 / (1 + e)
            let unlikely = e * likely
            outputs[2 * row] = score >= 0 ? unlikely : likely
            outputs[2 * row + 1] = score >= 0 ? likely : unlikely
        }
    }
}
