import ApusCore
import ApusKernels

/// One fit of a multilayer perceptron: epochs of batches, told to an optimizer.
struct PerceptronRun {
    /// What changes from epoch to epoch; with the optimizer's state it is all that a checkpoint holds.
    struct Course {
        /// The parameters.
        var point: [Double]
        /// Epochs done.
        var epoch = 0
        /// The least loss that was watched, and where it was.
        var best = Double.infinity
        var bestEpoch = 0
        var bestPoint: [Double]
        /// What the next improvement has to beat, and how many epochs have not.
        var mark = Double.infinity
        var idle = 0
    }

    let settings: MultilayerPerceptron
    let context: RunContext
    let task: PerceptronTask
    var course: Course
    var session: any OptimizerSession

    private var id: String { MultilayerPerceptron.descriptor.id }

    /// A fit from the start, from `model` onward, or from where `checkpoint` was saved.
    init(
        _ settings: MultilayerPerceptron, _ rows: TrainingRows, from model: (any Model)?,
        resuming checkpoint: State? = nil, in context: RunContext
    ) throws {
        try context.checkCancellation()
        self.settings = settings
        self.context = context
        let given = try model.map { try Self.continuable($0) }
        task = try PerceptronTask(settings, rows, from: given, isResumed: checkpoint != nil, in: context)
        let start =
            given.map { $0.network.parameters.map(Double.init) }
            ?? task.shape.start(context.random("multilayer_perceptron.weights"))
        course = Course(point: start, bestPoint: start)
        session = try Self.optimizer(settings, task, in: context).start(
            dimension: start.count, threads: context.threads)
        if let checkpoint { try restore(checkpoint) }
    }

    private static func continuable(_ model: any Model) throws -> MultilayerPerceptronModel {
        if let model = model as? MultilayerPerceptronModel { return model }
        throw ApusError("only a multilayer perceptron can be continued as one", kind: .usage)
    }

    /// The optimizer with this learner's rate and number of steps, where it knows such parameters and none are given.
    /// It is this learner that stops, so the optimizer's own tolerance is 0.
    private static func optimizer(
        _ settings: MultilayerPerceptron, _ task: PerceptronTask, in context: RunContext
    ) throws -> any Optimizer {
        let known = Set(try context.registry.find(settings.optimizer.id, kind: .optimizer).parameters.map(\.name))
        func make(steps: Int) throws -> any Optimizer {
            var reference = settings.optimizer
            let wanted: [String: JSON] = [
                "max_iter": steps.json, "tol": 0, "learning_rate": settings.learningRate.json,
            ]
            for (name, value) in wanted
            where known.contains(name) && value != .null && reference.parameters[name] == nil {
                reference.parameters[name] = value
            }
            return try context.registry.optimizer(reference)
        }
        let forBatches = try make(steps: settings.maxIter * task.batchCount)
        // One that works on all rows makes one step an epoch.
        guard case .evaluate(on: .all) = forBatches.start(dimension: 0).request else { return forBatches }
        return try make(steps: settings.maxIter)
    }

    /// Goes on to the end.
    mutating func fit() throws -> MultilayerPerceptronModel {
        let rows = session.request == .evaluate(on: .all) ? task.count : task.stepRows
        let pass = NetworkPass(task.shape, task.loss, batch: rows, task.kernels, context)
        var gradient = [Double](repeating: 0, count: course.point.count)
        var isOver = false
        while !isOver, course.epoch < settings.maxIter, course.idle < settings.nIterNoChange,
            case .evaluate(let wanted) = session.request
        {
            // An epoch that is stopped in its middle is gone; what stood before it is saved.
            let checkpoint = context.checkpoints == nil ? nil : try self.checkpoint()
            let loss: Double?
            do {
                try context.checkCancellation()
                switch wanted {
                case .all: loss = try descendOnAll(pass, &gradient)
                case .batch: loss = try descendOnBatches(pass, &gradient)
                }
            } catch {
                if context.isStopped, let checkpoint { try save(checkpoint) }
                throw error
            }
            guard let loss else {
                try stopDiverged()
                break
            }
            course.epoch += 1
            isOver = note(loss)
            if let store = context.checkpoints, course.epoch % max(1, store.interval) == 0 {
                try save(try self.checkpoint())
            }
        }
        return model()
    }

    /// One iteration on all rows, however many values its line search wants; nil if the loss is lost.
    private mutating func descendOnAll(_ pass: NetworkPass, _ gradient: inout [Double]) throws -> Double? {
        let order = Array(0..<task.count)
        let before = session.iteration
        var last: Double?
        while session.iteration == before || last == nil, case .evaluate = session.request {
            try context.checkCancellation()
            let value = pass.evaluate(task.rows, order: order[...], step: 0, at: course.point, gradient: &gradient)
            if last == nil, !value.isFinite { return nil }
            _ = try session.tell(value: value, gradient: gradient, at: &course.point)
            last = value
        }
        return last
    }

    /// One pass over all rows, in an order of its own; the mean loss on the way, nil if it is lost.
    private mutating func descendOnBatches(_ pass: NetworkPass, _ gradient: inout [Double]) throws -> Double? {
        let order = context.random("multilayer_perceptron.order.\(course.epoch)").permutation(task.count)
        var sum = 0.0
        for (index, start) in stride(from: 0, to: order.count, by: task.stepRows).enumerated() {
            guard case .evaluate = session.request else { break }
            try context.checkCancellation()
            let batch = order[start..<min(start + task.stepRows, order.count)]
            let value = pass.evaluate(
                task.rows, order: batch, step: course.epoch * task.batchCount + index, at: course.point,
                gradient: &gradient)
            guard value.isFinite, value <= task.greatestLoss, clip(&gradient, norm: pass.gradientNorm) else {
                return nil
            }
            _ = try session.tell(value: value, gradient: gradient, at: &course.point)
            sum += value * Double(batch.count)
        }
        return sum / Double(order.count)
    }

    /// Shortens a gradient of this length if that is too long; false if it is not finite.
    private func clip(_ gradient: inout [Double], norm: Double) -> Bool {
        guard norm.isFinite else { return false }
        if settings.clipNorm > 0, norm > settings.clipNorm {
            let factor = settings.clipNorm / norm
            for place in gradient.indices { gradient[place] *= factor }
        }
        return true
    }

    /// Where the loss is lost: the best epoch is kept, if one is better than the same answer for all rows.
    private mutating func stopDiverged() throws {
        let place = "epoch \((course.epoch + 1).grouped), iteration \((session.iteration + 1).grouped)"
        let remedy = "Lower the learning rate, or set clip_norm."
        guard course.bestEpoch > 0, task.isLearned(course.bestPoint) else {
            let before = course.bestEpoch > 0 ? ", and no epoch before was better than one answer for all rows" : ""
            throw ApusError("the loss diverged in \(place)\(before)", at: id, remedy: remedy)
        }
        context.send(
            Warning(
                "The loss diverged in \(place): training stopped, and what was best, after epoch \(course.bestEpoch.grouped), is kept. \(remedy)"
            ))
        course.point = course.bestPoint
    }

    /// Watches the loss after an epoch and tells the monitors; true if that was the last one.
    private mutating func note(_ loss: Double) -> Bool {
        var metrics = ["train_loss": loss]
        metrics["validation_loss"] = task.validationLoss(of: course.point)
        let watched = metrics["validation_loss"] ?? loss
        if watched < course.best {
            (course.best, course.bestEpoch, course.bestPoint) = (watched, course.epoch, course.point)
        }
        course.idle = watched < course.mark - settings.tol ? 0 : course.idle + 1
        course.mark = min(course.mark, watched)
        var isLast = course.epoch == settings.maxIter || course.idle == settings.nIterNoChange
        if case .done = session.request { isLast = true }
        report(metrics, isLast: isLast)
        if course.epoch == settings.maxIter, course.idle == 0 {
            context.send(
                Warning("The loss still fell in the last epoch: try more max_iter, or a higher learning rate."))
        }
        return isLast
    }

    /// Tells monitors of an epoch.
    private func report(_ losses: [String: Double], isLast: Bool) {
        guard !context.monitors.isEmpty else { return }
        context.send(
            Progress(
                "fit", completed: course.epoch, total: isLast ? course.epoch : settings.maxIter, metrics: losses))
        let (task, point) = (task, course.point)
        var parts = [task.part("train", task.rows, loss: losses["train_loss"] ?? .nan, at: point)]
        if let validation = task.validation, let loss = losses["validation_loss"] {
            parts.append(task.part("validation", validation, loss: loss, at: point))
        }
        context.send(Iteration(course.epoch, parts) { task.model(point) })
    }

    private mutating func model() -> MultilayerPerceptronModel {
        if task.validation != nil, course.bestEpoch > 0 { course.point = course.bestPoint }
        return task.model(course.point)
    }
}
