import ApusCore
import Foundation

/// How the test objective breaks the rules for objectives.
enum ObjectiveFault: String, Fault {
    case none
    case refusesTwoClasses = "objective 1"
    case overstatesGradients = "objective 2"
    case understatesHessians = "objective 3"
    case startsAtZero = "objective 4"
    case linksNothing = "objective 5"
    case ignoresWeights = "objective 6"
    case roundsByBackend = "objective 7"
    case writesEveryRow = "objective 8"
    case halvesTheLoss = "objective 9"

    var rule: String? { self == .none ? nil : rawValue }
}

/// Half the squared error, or the logistic loss of two classes. Right in every respect unless it is given a fault.
struct TestObjective: Objective {
    static let descriptor = Descriptor(
        id: "objective.test", summary: "Squared and logistic loss", tasks: [.regression, .binary])

    @Parameter("Which rule to break.") var fault = ObjectiveFault.none

    func scores(for target: Target) throws -> Int {
        guard target.task == .regression || target.task == .binary,
            target.task == .regression || fault != .refusesTwoClasses
        else {
            throw ApusError("a \(target.task.rawValue) target")
        }
        return 1
    }

    func initialScores(_ target: Target, weights: Buffer<Double>?) throws -> [Double] {
        if fault == .startsAtZero { return [0] }
        let answers = answers(target)
        let total = answers.indices.reduce(0) { $0 + (weights?[$1] ?? 1) }
        let mean = answers.indices.reduce(0) { $0 + (weights?[$1] ?? 1) * answers[$1] } / total
        if target.task == .regression { return [mean] }
        let share = min(max(mean, 1e-12), 1 - 1e-12)
        return [log(share / (1 - share))]
    }

    func evaluate(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        gradients: UnsafeMutableBufferPointer<Double>, hessians: UnsafeMutableBufferPointer<Double>, backend: Backend
    ) -> Double {
        let answers = answers(target)
        for row in fault == .writesEveryRow ? answers.indices : rows {
            let weight = weights?[row] ?? 1
            let score = scores[row]
            let (gradient, hessian) =
                target.task == .regression
                ? (score - answers[row], 1)
                : (logistic(score) - answers[row], logistic(score) * (1 - logistic(score)))
            gradients[row] = weight * gradient * (fault == .overstatesGradients ? 1.01 : 1)
            hessians[row] =
                (fault == .ignoresWeights ? 1 : weight) * hessian * (fault == .understatesHessians ? 0.5 : 1)
            if fault == .roundsByBackend, backend == .swift { gradients[row] = Double(Float(gradients[row])) }
        }
        let loss = loss(target, weights: weights, rows: rows, scores: scores, backend: backend)
        return fault == .halvesTheLoss ? loss / 2 : loss
    }

    func loss(
        _ target: Target, weights: Buffer<Double>?, rows: Range<Int>, scores: UnsafeBufferPointer<Double>,
        backend: Backend
    ) -> Double {
        let answers = answers(target)
        return rows.reduce(0) { sum, row in
            let score = scores[row]
            let loss =
                target.task == .regression
                ? 0.5 * (score - answers[row]) * (score - answers[row])
                : max(score, 0) - score * answers[row] + log1p(exp(-abs(score)))
            return sum + (weights?[row] ?? 1) * loss
        }
    }

    func link(for target: Target) -> Link {
        target.task == .regression || fault == .linksNothing ? .identity : .logistic
    }

    private func logistic(_ score: Double) -> Double { 1 / (1 + exp(-score)) }

    private func answers(_ target: Target) -> [Double] {
        switch target {
        case .values(let values): Array(values)
        case .classes(let codes, _): codes.map(Double.init)
        case .flags(let flags, _): flags.map(Double.init)
        }
    }
}
