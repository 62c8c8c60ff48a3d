import ApusCore
import ApusKernels

/// The standardised features of a logistic regression, which the scores of several classes or labels share.
struct LogisticProblem {
    let configuration: LogisticRegression
    let design: Design
    let weights: Buffer<Double>?
    private let columns: StandardizedColumns
    private let metric: LogisticMetric

    /// `(scores, features)` and `(scores)`, at the means.
    typealias Solution = (coefficients: [Double], intercepts: [Double])

    /// A class that does not occur gets this score: probability 0, without an infinity.
    private static let never = -1e5

    init(
        _ configuration: LogisticRegression, _ rows: TrainingRows, _ kernels: Kernels, in context: RunContext
    ) throws {
        self.configuration = configuration
        design = try Design(rows, isCentred: configuration.fitIntercept, kernels, in: context)
        weights = rows.weights
        columns =
            design.sparse == nil
            ? try design.standardized() : try StandardizedColumns([], means: [], scales: [], rows: design.rows)
        let total = try context.communicator.summed([rows.weights?.reduce(0, +) ?? Double(rows.count)])[0]
        let strength = configuration.hasL1 ? 0 : configuration.strength(total: total)
        if design.sparse != nil, !configuration.hasL1 {
            metric = LogisticMetric(diagonal: design.squaredPenalties(strength))
            return
        }
        metric =
            configuration.hasL1
            ? LogisticMetric(identity: design.active.count)
            : try LogisticMetric(
                design.standardized(factors: rows.weights.map { Buffer($0.map { $0.squareRoot() }) }),
                penalties: design.squaredPenalties(strength), kernels, in: context)
    }

    /// One score, for the second of two classes.
    func binary(_ codes: Buffer<Int32>, _ kernels: Kernels, in context: RunContext) throws -> Solution {
        let width = design.width
        let totals = try totals(codes, 2, in: context)
        guard totals[0] > 0, totals[1] > 0 else {
            return ([Double](repeating: 0, count: width), [totals[1] > 0 ? -Self.never : Self.never])
        }
        let found = try minimise(codes, totals, scores: 1, kernels, in: context)
        return (design.spread(found.coefficients), found.intercepts)
    }

    /// One score a class, by softmax.
    func multinomial(
        _ codes: Buffer<Int32>, classes: Int, _ kernels: Kernels, in context: RunContext
    ) throws -> Solution {
        let width = design.width
        let totals = try totals(codes, classes, in: context)
        let present = totals.indices.filter { totals[$0] > 0 }
        var coefficients = [Double](repeating: 0, count: width * classes)
        var intercepts = totals.map { $0 > 0 ? 0 : Self.never }
        guard present.count > 1 else { return (coefficients, intercepts) }
        let places = Dictionary(zip(present, Int32(0)...), uniquingKeysWith: { first, _ in first })
        let found = try minimise(
            Buffer(codes.map { places[Int($0)] ?? 0 }), present.map { totals[$0] }, scores: present.count, kernels,
            in: context)
        let active = design.active.count
        for (place, label) in present.enumerated() {
            let own = design.spread(Array(found.coefficients[place * active..<(place + 1) * active]))
            coefficients.replaceSubrange(label * width..<(label + 1) * width, with: own)
            intercepts[label] = found.intercepts[place]
        }
        return (coefficients, intercepts)
    }

    private func totals(_ codes: Buffer<Int32>, _ classes: Int, in context: RunContext) throws -> [Double] {
        var totals = [Double](repeating: 0, count: classes)
        for (row, code) in codes.enumerated() { totals[Int(code)] += weights?[row] ?? 1 }
        return try context.communicator.summed(totals)
    }

    /// Coefficients of the active columns, in their own units. All classes occur.
    private func minimise(
        _ codes: Buffer<Int32>, _ totals: [Double], scores: Int, _ kernels: Kernels, in context: RunContext
    ) throws -> Solution {
        let factors = configuration.classFactors(totals)
        let total = zip(totals, factors).reduce(0) { $0 + $1.0 * $1.1 }
        let strength = configuration.strength(total: total)
        let rowWeights =
            configuration.classWeight != .balanced
            ? weights
            : Buffer<Double>(count: codes.count) { target in
                for row in target.indices { target[row] = (weights?[row] ?? 1) * factors[Int(codes[row])] }
            }
        var loss = LogisticLoss(
            columns: columns, x: scores > 1 && design.sparse == nil ? try kernels.packed(columns) : nil, labels: codes,
            targets: Buffer(codes.map { Double($0) }), weights: rowWeights, total: total,
            scores: scores, metric: metric,
            penalties: design.squaredPenalties(strength * (1 - configuration.l1Share)),
            hasIntercept: configuration.fitIntercept, sparse: design.sparse)
        var start = loss.start(priors: zip(totals, factors).map { $0 * $1 / total })
        let point: [Double]
        if configuration.hasL1 {
            let l1 = design.active.map { strength * configuration.l1Share / design.deviations[$0] }
            let found = try descendCorners(from: start, loss, l1, kernels, in: context)
            if !found.hasConverged { warn(found.iterations, in: context) }
            point = found.point
        } else {
            if design.sparse == nil, context.communicator.size == 1, let sample = try loss.sampled(kernels) {
                let near = try descend(from: start, sample, kernels, in: context, evaluations: 30)
                loss.metric = try sample.metric(at: near, kernels)
                start = [Double](repeating: 0, count: start.count)
            }
            point = try descend(from: start, loss, kernels, in: context)
        }
        let natural = try loss.natural(point, kernels)
        let coefficients = natural.coefficients.enumerated().map { place, coefficient in
            coefficient / design.deviations[design.active[place % loss.width]]
        }
        var intercepts = natural.intercepts
        if scores > 1, loss.hasIntercept {
            // The same number added to all changes no probability.
            let mean = intercepts.reduce(0, +) / Double(scores)
            intercepts = intercepts.map { $0 - mean }
        }
        return (coefficients, intercepts)
    }

    /// With an L1 part.
    private func descendCorners(
        from start: [Double], _ loss: LogisticLoss, _ l1: [Double], _ kernels: Kernels, in context: RunContext
    ) throws -> (point: [Double], iterations: Int, hasConverged: Bool) {
        let model: any ProximalModel =
            if let sparse = design.sparse {
                try SparseProximalModel(loss: loss, design: sparse, l1: l1, in: context)
            } else {
                DenseProximalModel(loss: loss, l1: l1)
            }
        let search = ProximalNewton(
            loss: loss, l1: l1, tol: configuration.tol, maxIter: configuration.maxIter, model: model)
        return try search.minimise(from: start, kernels, in: context)
    }

    /// The value and gradient loop that the optimizer drives; in silence, and wherever it is after so many, where a
    /// number of `evaluations` is given.
    private func descend(
        from start: [Double], _ loss: LogisticLoss, _ kernels: Kernels, in context: RunContext, evaluations: Int? = nil
    ) throws -> [Double] {
        var session = try optimizer(in: context).start(dimension: start.count)
        var point = start
        var request = session.request
        var reported = 0
        var left = evaluations ?? .max
        while left > 0 {
            left -= 1
            switch request {
            case .evaluate:
                try context.checkCancellation()
                let (value, gradient) = try loss.evaluate(at: point, kernels, in: context)
                request = try session.tell(value: value, gradient: gradient, at: &point)
                if evaluations == nil, session.iteration > reported {
                    reported = session.iteration
                    context.send(
                        Progress("fit", completed: reported, total: configuration.maxIter, metrics: ["loss": value]))
                }
            case .done(_, let iterations, let hasConverged):
                if evaluations == nil, !hasConverged { warn(iterations, in: context) }
                return point
            }
        }
        return point
    }

    private func warn(_ iterations: Int, in context: RunContext) {
        context.send(
            Warning(
                "Logistic regression stopped after \(iterations) iterations before it converged; raise max_iter or "
                    + "scale the columns."))
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
}

extension Design {
    /// `strength` over the squares of the active columns' deviations: the penalty of squared scaled coefficients.
    func squaredPenalties(_ strength: Double) -> [Double] {
        active.map { strength / deviations[$0] / deviations[$0] }
    }
}
