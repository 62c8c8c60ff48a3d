import ApusCore
import ApusKernels

/// What one fit of a multilayer perceptron works on: rows, layers and loss.
struct PerceptronTask: Sendable {
    let kernels: Kernels
    let inputs: Schema
    let outputs: Prediction.Schema
    let link: Link
    let shape: NetworkShape
    let loss: NetworkPass.Loss
    let rows: NetworkPass.Rows
    let validation: NetworkPass.Rows?
    /// Rows whose gradients make one step.
    let stepRows: Int
    /// A loss beyond this is no longer descent.
    let greatestLoss: Double
    /// What checkpoints know the rows by; 0 where there are none.
    let fingerprint: UInt64

    var count: Int { rows.features.rows }
    var batchCount: Int { (count + stepRows - 1) / stepRows }

    init(
        _ settings: MultilayerPerceptron, _ training: TrainingRows, from model: MultilayerPerceptronModel?,
        isResumed: Bool, in context: RunContext
    ) throws {
        let id = MultilayerPerceptron.descriptor.id
        let table = try training.table
        let target = try training.target
        guard training.count > 0 else { throw ApusError("\(id) got no rows to learn from") }
        guard context.communicator.size == 1 else {
            throw ApusError("\(id) works on one process, there are \(context.communicator.size)", kind: .usage)
        }
        guard training.offsets == nil else { throw ApusError("\(id) does not take offsets", kind: .usage) }
        kernels = Kernels(backend: context.backend, threads: context.threads)
        inputs = table.schema
        outputs = Prediction.Schema(for: target)
        let objective = try context.registry.objective(settings.objective, for: target)
        link = objective.link(for: target)
        let factors = try settings.classWeight.factors(for: target, weights: training.weights)
        let weights = ClassWeight.scale(training.weights, by: factors, for: target)
        let totalWeight = weights?.reduce(0, +) ?? Double(training.count)
        guard totalWeight > 0 else {
            throw ApusError("all rows weigh nothing", at: id, remedy: "Raise weight or class_weight of some.")
        }
        let offsets = try model?.network.offsets ?? objective.initialScores(target, weights: weights)
        guard offsets.count == (try objective.scores(for: target)), offsets.allSatisfy(\.isFinite) else {
            throw ApusError("the objective gave no finite initial scores", at: id, kind: .plugin)
        }
        shape = try NetworkShape(
            widths: [table.columns.count] + settings.hiddenLayerSizes + [offsets.count],
            activation: settings.activation, layerNorm: settings.layerNorm)
        if let model { try Self.check(model, inputs, outputs, link, shape) }
        rows = NetworkPass.Rows(
            features: try Matrix(packing: table, rowIDs: training.rowIDs, kernels), target: target,
            weights: weights, meanWeight: totalWeight / Double(training.count))
        validation = try settings.earlyStopping ? Self.validation(training, factors, inputs, kernels) : nil
        let units = Self.units(objective, link, target, weights, offsets)
        let scale = model?.network.scale ?? units.scale
        let unit = 1 / (scale * units.gradient)
        loss = NetworkPass.Loss(
            objective: objective, offsets: offsets, scale: scale, unit: unit, alpha: settings.alpha,
            dropout: settings.dropout)
        greatestLoss = 1e6 * max(1, units.loss * unit)
        fingerprint =
            context.checkpoints == nil && !isResumed ? 0 : Self.fingerprint([rows, validation].compactMap(\.self))
        let (wanted, overflow) = settings.batchSize.multipliedReportingOverflow(by: settings.gradientAccumulation)
        stepRows = min(overflow ? .max : wanted, training.count)
        if settings.batchSize > training.count {
            context.send(
                Warning(
                    "batch_size is \(settings.batchSize.grouped), and there are \(training.count.grouped) rows: all of them make one batch."
                ))
        }
    }

    private static func check(
        _ model: MultilayerPerceptronModel, _ inputs: Schema, _ outputs: Prediction.Schema, _ link: Link,
        _ shape: NetworkShape
    ) throws {
        guard model.inputs == inputs, model.outputs == outputs, model.link == link else {
            throw ApusError(
                "the model to continue was fitted on other columns or classes, or for another objective",
                remedy: "Continue with the same columns, kinds, target and objective.")
        }
        guard model.network.shape == shape else {
            throw ApusError(
                "the model to continue has the layers \(model.network.shape.widths), not \(shape.widths)",
                remedy: "Give the same hidden_layer_sizes, activation and layer_norm.")
        }
    }

    private static func validation(
        _ training: TrainingRows, _ factors: [Double]?, _ inputs: Schema, _ kernels: Kernels
    ) throws -> NetworkPass.Rows? {
        guard let part = training.validation, part.count > 0 else { return nil }
        let target = try part.target
        let weights = ClassWeight.scale(part.weights, by: factors, for: target)
        let total = weights?.reduce(0, +) ?? Double(part.count)
        guard total > 0 else { return nil }
        return NetworkPass.Rows(
            features: try Matrix(packing: inputs.align(part.table), rowIDs: part.rowIDs, kernels),
            target: target, weights: weights, meanWeight: total / Double(part.count))
    }

    /// The units in which numbers are learned: the spread of the target where scores are values, and the root mean
    /// square of the loss's gradient at the start, so that steps do not depend on how the target is measured; and the
    /// mean loss there. All 1 for classes, whose losses have a unit of their own.
    private static func units(
        _ objective: any Objective, _ link: Link, _ target: Target, _ weights: Buffer<Double>?, _ offsets: [Double]
    ) -> (scale: Double, gradient: Double, loss: Double) {
        guard case .values(let values) = target else { return (1, 1, 1) }
        let count = values.count
        let total = weights?.reduce(0, +) ?? Double(count)
        func mean(_ value: (Int) -> Double) -> Double {
            var sum = 0.0
            for row in 0..<count { sum += (weights?[row] ?? 1) * value(row) }
            return sum / total
        }
        func usable(_ value: Double) -> Double { value.isFinite && value > 0 ? value : 1 }
        let centre = mean { values[$0] }
        let spread = mean { (values[$0] - centre) * (values[$0] - centre) }.squareRoot()
        let scores = [Double](repeating: offsets[0], count: count)
        var gradients = [Double](repeating: 0, count: count)
        var hessians = gradients
        let sum = scores.withUnsafeBufferPointer { scores in
            gradients.withUnsafeMutableBufferPointer { gradients in
                hessians.withUnsafeMutableBufferPointer { hessians in
                    objective.evaluate(
                        target, weights: nil, rows: 0..<count, scores: scores, gradients: gradients,
                        hessians: hessians, backend: .c)
                }
            }
        }
        let gradient = mean { gradients[$0] * gradients[$0] }.squareRoot()
        return (link == .identity ? usable(spread) : 1, usable(gradient), usable(sum / Double(count)))
    }

    /// The mean loss on the validation part, in the units of the one that is minimised.
    func validationLoss(of point: [Double]) -> Double? { validation.map { meanLoss(of: point, on: $0) } }

    /// Whether answers for the rows that are watched are better than the same one for all of them: that without weights.
    func isLearned(_ point: [Double]) -> Bool {
        let none = [Double](repeating: 0, count: point.count)
        return meanLoss(of: point, on: validation ?? rows) < meanLoss(of: none, on: validation ?? rows)
    }

    private func meanLoss(of point: [Double], on part: NetworkPass.Rows) -> Double {
        let scores = network(point).scores(part.features, kernels)
        let size = 8192
        var sum = 0.0
        scores.withUnsafeBufferPointer { scores in
            for first in stride(from: 0, to: part.features.rows, by: size) {
                sum += loss.objective.loss(
                    part.target, weights: part.weights, rows: first..<min(part.features.rows, first + size),
                    scores: scores, backend: kernels.backend)
            }
        }
        return sum * loss.unit / (part.meanWeight * Double(part.features.rows))
    }

    private func network(_ point: [Double]) -> ScoreNetwork {
        ScoreNetwork(
            shape: shape, parameters: Buffer(point.map { Float($0) }), offsets: loss.offsets, scale: loss.scale)
    }

    /// Rows that monitors of an epoch hear about, the loss in the objective's own units.
    func part(_ name: String, _ rows: NetworkPass.Rows, loss: Double, at point: [Double]) -> Iteration.Part {
        Iteration.Part(name, rows.target, weights: rows.weights, loss: loss / self.loss.unit) {
            try model(point).answers(to: rows.features, kernels)
        }
    }

    /// The network at `point`.
    func model(_ point: [Double]) -> MultilayerPerceptronModel {
        MultilayerPerceptronModel(inputs: inputs, outputs: outputs, link: link, network: network(point))
    }
}
