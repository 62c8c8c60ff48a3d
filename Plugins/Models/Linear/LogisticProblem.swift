import ApusCore
import ApusKernels
import Foundation

/// One fit of a logistic regression in the variables that the optimizer sees.
///
/// A variable γ stands for the coefficient γ · q / deviation, with q = 1 / √(1 + 4 λ / deviation²) and λ the penalty of
/// one row's share: the curvature of loss and penalty together is then about 1 in every direction.
struct LogisticProblem {
    let design: Design
    let rows: TrainingRows
    let codes: Buffer<Int32>
    /// The weight of each class.
    let totals: [Double]
    /// Classes that occur.
    let present: [Int]
    let configuration: LogisticRegression

    /// `(scores, features)` and `(scores)`, at the means.
    typealias Solution = (coefficients: [Double], intercepts: [Double])

    /// A class that does not occur gets this score: probability 0, without an infinity.
    private static let never = -1e5

    private var isBinary: Bool { totals.count == 2 }

    /// All rows are of one class.
    func constant() -> Solution {
        let width = design.columns.count
        if isBinary {
            return ([Double](repeating: 0, count: width), [present.first == 0 ? Self.never : -Self.never])
        }
        let intercepts = totals.indices.map { present.contains($0) ? 0 : Self.never }
        return ([Double](repeating: 0, count: width * totals.count), intercepts)
    }

    func minimise(_ kernels: Kernels, in context: RunContext) throws -> Solution {
        let classWeights = self.classWeights
        let places = Dictionary(zip(present, Int32(0)...), uniquingKeysWith: { first, _ in first })
        let labels = Buffer<Int32>(codes.map { places[Int($0)] ?? 0 })
        let weights = sampleWeights(classWeights)
        let total = zip(totals, classWeights).reduce(0) { $0 + $1.0 * $1.1 }
        let strength = configuration.penalty == .l2 ? 1 / (configuration.c * total) : 0
        let factors = design.active.map { position in
            let deviation = design.deviations[position]
            return 1 / (1 + 4 * strength / deviation / deviation).squareRoot()
        }
        let loss = LogisticLoss(
            x: try kernels.packed(design.standardized()), labels: labels, targets: Buffer(labels.map { Double($0) }),
            weights: weights, total: total, scores: isBinary ? 1 : present.count, factors: factors,
            penalties: zip(design.active, factors).map { position, factor in
                let ratio = factor / design.deviations[position]
                return strength * ratio * ratio
            }, hasIntercept: configuration.fitIntercept)
        let start = loss.start(priors: present.map { totals[$0] * classWeights[$0] / total })
        let found = try run(from: start, loss, kernels, in: context)
        return spread(found, loss)
    }

    /// The value and gradient loop that the optimizer drives.
    private func run(
        from start: [Double], _ loss: LogisticLoss, _ kernels: Kernels, in context: RunContext
    ) throws -> [Double] {
        var session = try optimizer(in: context).start(dimension: start.count)
        var point = start
        var request = session.request
        var reported = 0
        while true {
            switch request {
            case .evaluate:
                try context.checkCancellation()
                let (value, gradient) = try loss.evaluate(at: point, kernels, in: context)
                request = try session.tell(value: value, gradient: gradient, at: &point)
                if session.iteration > reported {
                    reported = session.iteration
                    context.send(
                        Progress(
                            "fit", completed: reported, total: configuration.maxIter, metrics: ["loss": value]))
                }
            case .done(_, let iterations, let hasConverged):
                if !hasConverged {
                    context.send(
                        Warning(
                            "Logistic regression stopped after \(iterations) iterations before it converged; raise "
                                + "max_iter or scale the columns."))
                }
                return point
            }
        }
    }

    /// The optimizer with this learner's tolerance and limit, where it knows such parameters and none are given.
    private func optimizer(in context: RunContext) throws -> any Optimizer {
        var reference = configuration.optimizer
        let known = try context.registry.find(reference.id, kind: .optimizer).parameters.map(\.name)
        for (name, value) in [("tol", configuration.tol.json), ("max_iter", configuration.maxIter.json)]
        where known.contains(name) && reference.parameters[name] == nil {
            reference.parameters[name] = value
        }
        return try context.registry.optimizer(reference)
    }

    private var classWeights: [Double] {
        switch configuration.classWeight {
        case .none: return [Double](repeating: 1, count: totals.count)
        case .balanced:
            let total = totals.reduce(0, +)
            return totals.map { $0 > 0 ? total / (Double(present.count) * $0) : 0 }
        }
    }

    private func sampleWeights(_ classWeights: [Double]) -> Buffer<Double>? {
        if configuration.classWeight == .none { return rows.weights }
        return Buffer(count: codes.count) { target in
            for row in target.indices { target[row] = (rows.weights?[row] ?? 1) * classWeights[Int(codes[row])] }
        }
    }

    /// From variables of active columns and classes that occur to coefficients of all.
    private func spread(_ found: [Double], _ loss: LogisticLoss) -> Solution {
        let active = design.active.count
        let scores = isBinary ? [0] : present
        let width = design.columns.count
        let count = isBinary ? 1 : totals.count
        var coefficients = [Double](repeating: 0, count: width * count)
        var intercepts = [Double](repeating: isBinary ? 0 : Self.never, count: count)
        for (place, score) in scores.enumerated() {
            for (column, position) in design.active.enumerated() {
                coefficients[score * width + position] =
                    found[place * active + column] * loss.factors[column] / design.deviations[position]
            }
            intercepts[score] = loss.hasIntercept ? found[scores.count * active + place] : 0
        }
        return (coefficients, intercepts)
    }
}
