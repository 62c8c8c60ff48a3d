import ApusCore
import ApusKernels

/// From raw scores to outputs.
enum ScoreLink: String, Sendable, Codable {
    /// The score is the value.
    case identity
    /// The score is the log odds of the second class.
    case logistic
    /// One score a class.
    case softmax
    /// One score a label: the log odds that it holds.
    case sigmoid

    /// The link that a target's objective has.
    init(for target: Target) {
        switch target.task {
        case .regression: self = .identity
        case .binary: self = .logistic
        case .multiclass: self = .softmax
        case .multilabel: self = .sigmoid
        }
    }

    /// The outputs of one row.
    @inline(__always)
    func apply(_ scores: UnsafePointer<Double>, outputs: UnsafeMutablePointer<Double>, count: Int) {
        switch self {
        case .identity:
            outputs[0] = scores[0]
        case .logistic:
            guard count == 2 else {
                outputs[0] = 1
                return
            }
            let e = DeterministicMath.exp(-abs(scores[0]))
            let likely = 1 / (1 + e)
            (outputs[0], outputs[1]) = scores[0] >= 0 ? (e * likely, likely) : (likely, e * likely)
        case .softmax:
            var most = scores[0]
            for k in 1..<max(1, count) where scores[k] > most { most = scores[k] }
            var sum = 0.0
            for k in 0..<count {
                outputs[k] = DeterministicMath.exp(scores[k] - most)
                sum += outputs[k]
            }
            for k in 0..<count { outputs[k] /= sum }
        case .sigmoid:
            for k in 0..<count {
                let e = DeterministicMath.exp(-abs(scores[k]))
                outputs[k] = scores[k] >= 0 ? 1 / (1 + e) : e / (1 + e)
            }
        }
    }
}
