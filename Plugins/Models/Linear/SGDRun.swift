import ApusCore
import ApusKernels

/// One descent over training rows.
struct SGDRun {
    private let settings: SGDLinear
    private let context: RunContext
    private let rows: TrainingRows
    private let target: Target
    private let weights: Buffer<Double>?
    private let inputs: Schema
    private let objective: any Objective
    private let kernels: RowKernels
    private let meanWeight: Double
    /// The rows of a table, once they were needed.
    private var packed: SGDRows?
    private(set) var course: SGDCourse
    /// A mean loss beyond this is no longer descent; known after the first batch.
    private var greatestLoss = Double.infinity

    private static let rowsInPart = 16_384

    private var scores: Int { course.intercepts.count }
    private var id: String { SGDLinear.descriptor.id }

    init(_ settings: SGDLinear, _ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws {
        let id = SGDLinear.descriptor.id
        try context.checkCancellation()
        self.settings = settings
        self.context = context
        self.rows = rows
        target = try rows.target
        kernels = RowKernels(context.backend)
        switch rows.features {
        case .table(let table): inputs = table.schema
        case .stream(let stream): inputs = stream.schema
        }
        guard rows.count > 0 else { throw ApusError("\(id) got no rows to learn from") }
        guard context.communicator.size == 1 else {
            throw ApusError("\(id) works on one process, there are \(context.communicator.size)", kind: .usage)
        }
        guard rows.offsets == nil else { throw ApusError("\(id) does not take offsets", kind: .usage) }
        let factors = try settings.classWeight.factors(for: target, weights: rows.weights)
        weights = ClassWeight.scale(rows.weights, by: factors, for: target)
        let total = weights?.reduce(0, +) ?? Double(rows.count)
        guard total > 0 else {
            throw ApusError("all rows weigh nothing", at: id, remedy: "Raise weight or class_weight of some.")
        }
        meanWeight = total / Double(rows.count)
        if settings.batchSize > rows.count {
            context.send(
                Warning(
                    "batch_size is \(settings.batchSize.grouped), and there are \(rows.count.grouped) rows: all of them make one batch."
                ))
        }
        objective = try context.registry.objective(settings.loss, for: target)
        let count = try objective.scores(for: target)
        guard let model else {
            let intercepts =
                settings.fitIntercept
                ? try objective.initialScores(target, weights: weights) : [Double](repeating: 0, count: count)
            guard intercepts.count == count, intercepts.allSatisfy(\.isFinite) else {
                throw ApusError("the objective gave no finite initial scores", at: id, kind: .plugin)
            }
            course = SGDCourse(
                coefficients: [Double](repeating: 0, count: count * (inputs.elementStarts.last ?? 0)),
                intercepts: intercepts)
            return
        }
        guard let model = model as? SGDModel else {
            throw ApusError("only a model of \(id) can be continued by it", kind: .usage)
        }
        guard model.inputs == inputs, model.outputs == Prediction.Schema(for: target),
            model.link == objective.link(for: target)
        else {
            throw ApusError(
                "the model to continue was fitted on other columns or classes, or for another loss",
                remedy: "Continue with the same columns, kinds, target and loss.")
        }
        course = model.course
    }

    /// What was learned so far.
    var model: SGDModel {
        SGDModel(
            inputs: inputs, outputs: Prediction.Schema(for: target), link: objective.link(for: target), course: course)
    }

    /// Epochs until the loss no longer falls. Where it diverges the adaptive rate is lowered, and the descent starts again.
    mutating func fit() throws {
        let start = course
        var best = (loss: Double.infinity, course: course, epoch: 0)
        var (mark, idle) = (Double.infinity, 0)
        var highest = settings.eta0
        for epoch in 1...settings.maxIter {
            guard let loss = try self.epoch() else {
                let (diverged, lowered) = (self.diverged, course.lowered + 1)
                let place = "In epoch \((course.epochs + 1).grouped), step \(course.steps.grouped), the loss diverged"
                if settings.learningRate == .adaptive, epoch < settings.maxIter, !isOver(lowered, settings.eta0) {
                    course = start
                    course.lowered = lowered
                    (mark, idle) = (.infinity, 0)
                    // How low the rate may fall is a matter of one that did not diverge.
                    highest = settings.rate(at: course.steps, lowered: lowered)
                    context.send(Warning("\(place): learning starts again, at a rate of \(Column.text(highest))."))
                    continue
                }
                guard best.epoch > 0 else { throw diverged }
                course = best.course
                context.send(
                    Warning(
                        "\(place): training stopped, and what was best, after epoch \(best.epoch.grouped), is kept. \(diverged.remedy)"
                    ))
                return
            }
            if loss < best.loss { best = (loss, course, epoch) }
            let fell = loss < mark - settings.tol
            idle = fell ? 0 : idle + 1
            mark = min(mark, loss)
            var isLast = epoch == settings.maxIter
            if idle == settings.nIterNoChange {
                idle = 0
                course.lowered += 1
                isLast = isLast || settings.learningRate != .adaptive || isOver(course.lowered, highest)
            }
            context.send(
                Progress(
                    "fit", completed: epoch, total: isLast ? epoch : settings.maxIter, metrics: ["train_loss": loss]))
            if isLast {
                if epoch == settings.maxIter, fell {
                    context.send(Warning("The loss still fell in the last epoch: try more max_iter, or a higher eta0."))
                }
                return
            }
        }
    }

    /// Whether a rate that was lowered so often is too small, beside the highest one, to go on with.
    private func isOver(_ lowered: Int, _ highest: Double) -> Bool {
        settings.rate(at: course.steps, lowered: lowered) < 1e-5 * highest
    }

    /// Where the loss was lost.
    var diverged: ApusError {
        ApusError(
            "the loss diverged in epoch \((course.epochs + 1).grouped), step \(course.steps.grouped)", at: id,
            remedy: "Lower eta0, or scale the columns.")
    }

    /// One pass over all rows; the mean loss on the way, nil if it diverged.
    mutating func epoch() throws -> Double? {
        var sum = 0.0
        switch rows.features {
        case .table(let table):
            let x = try packed ?? pack(table, from: 0)
            packed = x
            guard let loss = try descend(x, from: 0) else { return nil }
            sum = loss
        case .stream(let stream):
            try stream.rewind()
            var first = 0
            while let part = try stream.next(columns: nil, rows: Self.rowsInPart) {
                guard first + part.rowCount <= rows.count else { break }
                guard let loss = try descend(try pack(try inputs.align(part), from: first), from: first) else {
                    return nil
                }
                sum += loss
                first += part.rowCount
            }
            guard first == rows.count else {
                throw ApusError("the stream does not hand out the \(rows.count.grouped) rows that were split", at: id)
            }
        }
        course.epochs += 1
        return sum / (meanWeight * Double(rows.count))
    }

    private func pack(_ table: Table, from first: Int) throws -> SGDRows {
        do {
            let features = try LinearFeatures(table)
            for (place, column) in zip(features.places, features.columns) {
                try refuseNonFinite(column, inputs.elementName(place))
            }
            return features.vectors.isEmpty ? .packed(try Matrix(table)) : .sparse(try SparseDesign(features).x)
        } catch let error as ApusError where first > 0 {
            throw error.at("the part from row \((first + 1).grouped)")
        }
    }

    /// Steps along all rows of a part, whose first is the given one among all; returns their weighted loss, nil
    /// if it diverged.
    private mutating func descend(_ x: SGDRows, from first: Int) throws -> Double? {
        let count = x.count
        let order =
            settings.shuffle
            ? context.random("sgd_linear.order.\(course.epochs).\(first)").permutation(count) : Array(0..<count)
        let places = order.map { $0 + first }
        let target = self.target.rows(places)
        let weights = self.weights.map { weights in Buffer(places.map { weights[$0] }) }
        let rowNumbers = order.map { Int64($0) }
        var (scored, gradients) = (
            [Double](repeating: 0, count: count * scores), [Double](repeating: 0, count: count * scores)
        )
        var hessians = gradients
        var slopes = [Double](repeating: 0, count: x.packedColumns)
        var steps: SparseSteps?
        if case .sparse(let rows) = x {
            steps = SparseSteps(rows, cuts: settings.penalties.l1 > 0, backend: context.backend)
        }
        defer { steps?.finish(&course.coefficients) }
        var sum = 0.0
        for start in stride(from: 0, to: count, by: settings.batchSize) {
            let batch = start..<min(start + settings.batchSize, count)
            if start / settings.batchSize % 256 == 0 { try context.checkCancellation() }
            let loss = rowNumbers.withUnsafeBufferPointer { rowNumbers in
                scored.withUnsafeMutableBufferPointer { scored in
                    gradients.withUnsafeMutableBufferPointer { gradients in
                        hessians.withUnsafeMutableBufferPointer { hessians in
                            switch x {
                            case .packed(let x):
                                step(x, target, weights, batch, rowNumbers, scored, gradients, hessians, &slopes)
                            case .sparse:
                                step(&steps, target, weights, batch, rowNumbers, scored, gradients, hessians)
                            }
                        }
                    }
                }
            }
            let mean = loss / (meanWeight * Double(batch.count))
            if greatestLoss == .infinity, mean.isFinite { greatestLoss = 1e6 * max(1, mean) }
            guard mean.isFinite, mean <= greatestLoss else { return nil }
            sum += loss
        }
        withExtendedLifetime(x) {}
        return sum
    }

    private mutating func step(
        _ x: Matrix<Double>, _ target: Target, _ weights: Buffer<Double>?, _ batch: Range<Int>,
        _ rowNumbers: UnsafeBufferPointer<Int64>, _ scored: UnsafeMutableBufferPointer<Double>,
        _ gradients: UnsafeMutableBufferPointer<Double>, _ hessians: UnsafeMutableBufferPointer<Double>,
        _ slopes: inout [Double]
    ) -> Double {
        guard let numbers = rowNumbers.baseAddress.map({ $0 + batch.lowerBound }), let scored0 = scored.baseAddress,
            let gradients0 = gradients.baseAddress
        else { return 0 }
        let (width, scores, kernels) = (x.columns, scores, kernels)
        let view = RowKernels.Rows(
            count: batch.count, ahead: rowNumbers.count - batch.upperBound, columns: width, stride: x.stride,
            rows: numbers, x: x.elements.unsafePointer)
        for score in 0..<scores {
            let intercept = course.intercepts[score]
            course.coefficients.withUnsafeBufferPointer { coefficients in
                slopes.withUnsafeBufferPointer { none in
                    // Without columns no coefficient is read; any address does.
                    guard let address = coefficients.baseAddress.map({ $0 + score * width }) ?? none.baseAddress
                    else { return }
                    kernels.margins(
                        view, coefficients: address, intercept: intercept, step: scores,
                        into: scored0 + batch.lowerBound * scores + score)
                }
            }
        }
        let loss = objective.evaluate(
            target, weights: weights, rows: batch, scores: UnsafeBufferPointer(scored), gradients: gradients,
            hessians: hessians, backend: kernels.backend)
        let (share, keep, cut) = nextStep(batch.count)
        for score in 0..<scores {
            let residuals = gradients0 + batch.lowerBound * scores + score
            let total = slopes.withUnsafeMutableBufferPointer { slopes in
                slopes.baseAddress.map { kernels.gradient(view, residuals: residuals, step: scores, into: $0) } ?? 0
            }
            if settings.fitIntercept { course.intercepts[score] -= share * total }
            course.coefficients.withUnsafeMutableBufferPointer { coefficients in
                slopes.withUnsafeBufferPointer { slopes in
                    guard let target = coefficients.baseAddress, let slopes = slopes.baseAddress else { return }
                    kernels.step(
                        width, keep: keep, share: share, cut: cut, slopes: slopes, target + score * width)
                }
            }
        }
        if settings.average { takeMeans() }
        return loss
    }

    /// The same along sparse rows.
    private mutating func step(
        _ steps: inout SparseSteps?, _ target: Target, _ weights: Buffer<Double>?, _ batch: Range<Int>,
        _ rowNumbers: UnsafeBufferPointer<Int64>, _ scored: UnsafeMutableBufferPointer<Double>,
        _ gradients: UnsafeMutableBufferPointer<Double>, _ hessians: UnsafeMutableBufferPointer<Double>
    ) -> Double {
        guard let scored0 = scored.baseAddress, let gradients0 = gradients.baseAddress else { return 0 }
        let intercepts = course.intercepts
        steps?.margins(
            rowNumbers, batch, &course.coefficients, intercepts: intercepts,
            into: scored0 + batch.lowerBound * scores)
        let loss = objective.evaluate(
            target, weights: weights, rows: batch, scores: UnsafeBufferPointer(scored), gradients: gradients,
            hessians: hessians, backend: kernels.backend)
        let (share, keep, cut) = nextStep(batch.count)
        let residuals = gradients0 + batch.lowerBound * scores
        if settings.fitIntercept {
            for score in 0..<scores {
                course.intercepts[score] -=
                    share * (0..<batch.count).reduce(0) { $0 + residuals[$1 * scores + score] }
            }
        }
        steps?.step(
            rowNumbers, batch, scores: scores, residuals: residuals, share: share, keep: keep, cut: cut,
            &course.coefficients)
        if settings.average {
            // The mean is one of all coefficients, so all of them have to be what they are.
            steps?.finish(&course.coefficients)
            takeMeans()
        }
        return loss
    }

    /// What the next step, along so many rows, takes of the gradient, keeps of the coefficients and cuts off them.
    private mutating func nextStep(_ count: Int) -> (share: Double, keep: Double, cut: Double) {
        course.steps += 1
        let rate = settings.rate(at: course.steps, lowered: course.lowered)
        let (l1, l2) = settings.penalties
        return (rate / (meanWeight * Double(count)), max(0, 1 - rate * l2), rate * l1)
    }

    private mutating func takeMeans() {
        guard !course.meanIntercepts.isEmpty else {
            (course.meanCoefficients, course.meanIntercepts) = (course.coefficients, course.intercepts)
            return
        }
        let share = 1 / Double(course.steps)
        for place in course.coefficients.indices {
            course.meanCoefficients[place] += share * (course.coefficients[place] - course.meanCoefficients[place])
        }
        for place in course.intercepts.indices {
            course.meanIntercepts[place] += share * (course.intercepts[place] - course.meanIntercepts[place])
        }
    }
}
