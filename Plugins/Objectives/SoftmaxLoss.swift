import ApusCore
import ApusKernels

/// Log loss of three or more classes over a softmax of one score a class.
public struct SoftmaxLoss: Objective {
    /// objective.softmax
    public static let descriptor = Descriptor(
        id: "objective.softmax", summary: "Log loss of several classes over a softmax of one score each.",
        tasks: [.binary, .multiclass], weights: .exact(tolerance: 1e-12))

    /// Without parameters.
    public init() {}

    /// One a class; throws for numbers and for a single class.
    public func scores(for target: Target) throws -> Int {
        let labels = try ClassShares.classes(of: target, for: Self.descriptor.id).labels
        guard labels.count >= 2 else {
            throw ApusError(
                "objective.softmax needs at least two classes", remedy: "Use objective.logistic.", kind: .usage)
        }
        return labels.count
    }

    /// The logarithms of the classes' shares.
    public func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        let (codes, labels) = try ClassShares.classes(of: target, for: Self.descriptor.id)
        return ClassShares(codes: codes, classes: labels.count, weights: weights).shares.map(DeterministicMath.log)
    }

    /// Gradient `p_k - [k = class]`, hessian `p_k (1 - p_k) classes / (classes - 1)`.
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
        guard case .classes(let codes, let labels) = target, labels.count >= 2 else { return .nan }
        return ObjectiveRows(rows, scores: labels.count, scores, outputs).run { scores, outputs in
            GradientKernels(backend).softmax(
                rows.count, classes: labels.count, codes: codes.unsafePointer + rows.lowerBound,
                weights: weights.map { $0.unsafePointer + rows.lowerBound }, scores: scores, outputs: outputs)
        }
    }

    /// The softmax.
    public func link(
        rows: Int, scores: UnsafeBufferPointer<Double>, outputs: UnsafeMutableBufferPointer<Double>
    ) {
        guard rows > 0 else { return }
        let classes = scores.count / rows
        for row in 0..<rows {
            let start = row * classes
            var most = scores[start]
            for k in 1..<max(1, classes) where scores[start + k] > most { most = scores[start + k] }
            var sum = 0.0
            for k in 0..<classes {
                let e = DeterministicMath.exp(scores[start + k] - most)
                outputs[start + k] = e
                sum += e
            }
            for k in 0..<classes { outputs[start + k] /= sum }
        }
    }
}
