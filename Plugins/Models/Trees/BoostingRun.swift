import ApusCore
import ApusKernels

/// One fit of gradient boosting.
struct BoostingRun {
    private let settings: GradientBoosting
    private let context: RunContext
    private let kernels: Kernels
    private let objective: any Objective
    private let link: Link
    private let table: Table
    private let target: Target
    private let weights: Buffer<Double>?
    /// Targets, weights and offsets of the rows of all processes.
    private let shared: SharedRows
    private let sharedWeights: Buffer<Double>?
    private let classFactors: [Double]?
    private let offsets: Matrix<Double>?
    /// The model to continue.
    private let continued: GradientBoostingModel?
    /// What it learned, or the one that the checkpoint's fit continued.
    private let base: BoostedTrees?
    private let checkpoint: BoostingCheckpoint?
    private let initialScores: [Double]
    private let validation: (share: TrainingRows, whole: SharedRows)?
    private let scoring: (any Scoring)?
    private let rowIDs: Buffer<Int64>

    /// A fit from `model` onward, if one is given, or from where `checkpoint` was saved.
    init(
        _ settings: GradientBoosting, _ rows: TrainingRows, from model: (any Model)?,
        resuming checkpoint: State? = nil, in context: RunContext
    ) throws {
        self.settings = settings
        self.context = context
        kernels = Kernels(backend: context.backend, threads: context.threads)
        table = try rows.table
        target = try rows.target
        let communicator = context.communicator
        try SharedRows.agree(rows, settings, from: model, in: context)
        let shared = try SharedRows(rows, communicator)
        self.shared = shared
        try TreeRows.check(table, shared.target, for: GradientBoosting.descriptor.id)
        classFactors = try settings.classWeight.factors(for: shared.target, weights: shared.weights)
        sharedWeights = try TreeRows.weights(shared.weights, classFactors, shared.target)
        weights =
            communicator.size == 1
            ? sharedWeights : ClassWeight.scale(rows.weights, by: classFactors, for: target)
        rowIDs = rows.rowIDs
        let held = settings.earlyStopping ? rows.validation : nil
        if try communicator.sum(held?.count ?? 0) > 0 {
            let share = try held ?? rows.rows([])
            validation = (share, try SharedRows(share, byID: true, communicator))
        } else {
            validation = nil
        }
        scoring = try BoostingRun.scoring(settings, target, context)
        objective = try context.registry.objective(settings.objective, for: shared.target)
        link = objective.link(for: target)
        let saved = try checkpoint.map { try BoostingCheckpoint($0) }
        self.checkpoint = saved
        continued = try model.map {
            guard let model = $0 as? GradientBoostingModel else {
                throw ApusError("only a gradient boosting model can be continued by more of it", kind: .usage)
            }
            return model
        }
        base = continued?.learned ?? saved?.base
        if let learned = saved?.learned ?? base { try BoostingRun.check(learned, table, target, link) }
        try saved?.check(rows: rows.count, validation: validation?.share.count)
        offsets = rows.offsets
        initialScores =
            try base?.initialScores
            ?? BoostingRun.initialScores(objective, shared.target, sharedWeights, shared.offsets, kernels: kernels)
        for part in [rows, validation?.share].compactMap(\.self) {
            try BoostingRun.check(part.offsets, of: part.count, scores: initialScores.count)
        }
        guard initialScores.count == (try objective.scores(for: shared.target)), initialScores.allSatisfy(\.isFinite)
        else {
            throw ApusError(
                "\(type(of: objective).descriptor.id) gave no finite initial scores", kind: .plugin)
        }
    }

    /// The metric that early stopping goes by; nil for the loss.
    private static func scoring(
        _ settings: GradientBoosting, _ target: Target, _ context: RunContext
    ) throws -> (any Scoring)? {
        guard settings.earlyStopping, settings.scoring != GradientBoosting.lossName else { return nil }
        do {
            guard let source = context.scoring else {
                throw ApusError(
                    "the context brings no metrics", remedy: "Give it some, or stop by the loss.", kind: .usage)
            }
            return try source.scoring(settings.scoring, for: target)
        } catch let error as ApusError {
            throw error.at("parameter 'scoring'")
        }
    }

    /// The constants of least loss; with offsets, of least loss beside them.
    private static func initialScores(
        _ objective: any Objective, _ target: Target, _ weights: Buffer<Double>?, _ offsets: Matrix<Double>?,
        kernels: Kernels
    ) throws -> [Double] {
        let constants = try objective.initialScores(target, weights: weights)
        guard let offsets else { return constants }
        try check(offsets, of: target.count, scores: constants.count)
        let rows = BoostedRows(
            count: target.count, target: target, weights: weights, objective: objective, kernels: kernels)
        return rows.constants(beside: offsets, from: constants)
    }

    private static func check(_ offsets: Matrix<Double>?, of rows: Int, scores: Int) throws {
        guard let offsets, offsets.columns != scores || offsets.rows != rows else { return }
        throw ApusError(
            "there \(offsets.columns == 1 ? "is one offset" : "are \(offsets.columns) offsets") a row, the objective has \(scores) score\(scores == 1 ? "" : "s")",
            at: "data.offset", remedy: "Give one column for each score.", kind: .usage)
    }

    /// Throws where what was learned so far is not of this table, target and link.
    private static func check(_ learned: BoostedTrees, _ table: Table, _ target: Target, _ link: Link) throws {
        guard learned.inputs == table.schema, learned.outputs == Prediction.Schema(for: target) else {
            throw ApusError(
                "the model to continue was fitted on other columns or classes",
                remedy: "Continue with the same columns, kinds, categories and target.")
        }
        guard learned.link == link else {
            throw ApusError(
                "the scores of the model to continue mean another thing (\(learned.link.rawValue)) than those of the "
                    + "objective (\(link.rawValue))", remedy: "Continue with the objective it was fitted with.",
                kind: .usage)
        }
    }

    /// Boosts.
    func fit() throws -> GradientBoostingModel {
        let plan = try BinningPlan(
            table, rowIDs: rowIDs, maxBins: settings.maxBin, categories: base?.binOfCode, kernels: kernels,
            context: context)
        let rows = BoostedRows(
            count: table.rowCount, target: target, weights: weights, objective: objective, kernels: kernels)
        try start(rows, table, offsets)
        let binned = try BinnedTable(table, plan: plan, kernels: kernels, context: context)
        let watch = try validation.map { try watcher(of: $0.share, $0.whole, plan) }
        // With checkpoints an iteration is finished before the fit stops, so that there is something whole to save; with
        // several processes, so that all of them stop.
        var unstopped = context
        if context.checkpoints != nil || context.communicator.size > 1 {
            (unstopped.cancellation, unstopped.deadline) = (Cancellation(), nil)
        }
        let draw = { @Sendable [rowIDs, context, kernels] (share: Double, purpose: String, number: Int) in
            RowSample(share, of: rowIDs, context.random("trees.\(purpose).\(number)"), kernels: kernels)
        }
        let grower = IterationGrower(
            binned, scores: initialScores.count, limits: try GrowthLimits(settings, binned, table.schema),
            searchRows: settings.searchRows, shared, sharedWeights, kernels: kernels, context: unstopped
        ) { draw($0, "search", $1) }

        let isSampling = min(settings.subsample, settings.colsampleBytree, settings.colsampleBylevel) < 1
        // Random draws go on where a continued model's ended.
        let firstIteration = (base?.trees.count ?? 0) / initialScores.count
        var trees: [Tree] = []
        var best = (cost: watch?.cost ?? .infinity, iterations: 0)
        if let checkpoint {
            trees = checkpoint.newTrees
            best = (checkpoint.bestCost, checkpoint.bestIterations)
            grower.largest = checkpoint.largestAtFirst
        }
        let first = min(trees.count / initialScores.count, settings.nEstimators)
        func model() -> GradientBoostingModel { GradientBoostingModel(learned(trees, plan)) }
        func save() throws {
            guard let store = context.checkpoints else { return }
            let state = BoostingCheckpoint(
                learned: learned(trees, plan), baseTrees: base.map(\.trees.count), bestCost: best.cost,
                bestIterations: best.iterations, largestAtFirst: grower.largest, scores: rows.allScores,
                validationScores: watch?.rows.allScores)
            try store.save(try state.state(), as: GradientBoosting.descriptor.id)
        }
        for iteration in first..<settings.nEstimators {
            do {
                try checkCancellation()
            } catch {
                try save()
                throw error
            }
            let loss = rows.evaluate(context.backend)
            report(iteration, rows, loss, watch, model: model)
            let drawn = firstIteration + iteration
            let grown = try grower.grow(
                IterationGrower.Iteration(
                    number: drawn, sample: draw(settings.subsample, "rows", drawn), rate: settings.learningRate,
                    columns: { score in
                        ColumnSample(
                            binned.features.count, byTree: settings.colsampleBytree, byLevel: settings.colsampleBylevel,
                            tree: drawn * initialScores.count + score, context)
                    }), on: rows)
            for (score, grown) in grown.enumerated() { if let grown { watch?.add(grown.tree, score: score) } }
            let grew = grown.contains { $0.map { !$0.tree.splits.isEmpty } ?? false }
            guard grew || isSampling else { break }
            trees += grown.map {
                $0.map { Tree($0.tree, binned, largest: $0.largest) } ?? Tree(nodes: [Tree.Node(count: shared.count)])
            }
            if let watch {
                try watch.measure(context.backend)
                if watch.cost < best.cost { best = (watch.cost, iteration + 1) }
                if iteration + 1 - best.iterations >= settings.nIterNoChange { break }
            }
            if let store = context.checkpoints, (iteration + 1) % max(1, store.interval) == 0 { try save() }
        }
        let iterations = trees.count / initialScores.count
        if !context.monitors.isEmpty {
            report(iterations, rows, rows.measure(context.backend), watch, isLast: true, model: model)
        }
        if watch != nil {
            trees.removeLast((iterations - best.iterations) * initialScores.count)
            advise(kept: best.iterations)
        }
        return model()
    }

    /// Throws once the work is cancelled, or its time is over, in any process.
    private func checkCancellation() throws {
        let stopped = try context.communicator.sum(context.isStopped ? 1 : 0)
        try context.checkCancellation()
        if stopped > 0 { throw ApusError("another process was stopped", kind: .cancelled) }
    }

    /// Says so where early stopping kept nothing, or never came to stop.
    private func advise(kept iterations: Int) {
        guard settings.nEstimators > 0 else { return }
        if iterations == 0 {
            context.send(
                Warning(
                    "No tree improved the \(settings.scoring) on the validation part: \(base == nil ? "every row gets the same answer" : "the model is the one that was given")."
                ))
        } else if iterations == settings.nEstimators {
            context.send(
                Warning(
                    "The \(settings.scoring) on the validation part still improved at the last iteration: try more n_estimators."
                ))
        }
    }

    /// The scores before the first new tree.
    private func start(_ rows: BoostedRows, _ table: Table, _ offsets: Matrix<Double>?) throws {
        if let checkpoint { return rows.fill(checkpoint.scores) }
        defer { if let offsets { rows.add(offsets) } }
        guard let continued else { return rows.fill(initialScores) }
        rows.fill(try continued.rawScores(try continued.inputs.align(table), in: context))
    }

    private func watcher(of part: TrainingRows, _ shared: SharedRows, _ plan: BinningPlan) throws -> ValidationWatch {
        let aligned = try table.schema.align(try part.table)
        func rows(_ target: Target, _ weights: Buffer<Double>?) -> BoostedRows {
            BoostedRows(
                count: target.count, target: target,
                weights: ClassWeight.scale(weights, by: classFactors, for: target), objective: objective,
                kernels: kernels)
        }
        let own = rows(try part.target, part.weights)
        let all = context.communicator.size == 1 ? own : rows(shared.target, shared.weights)
        if let scores = checkpoint?.validationScores {
            own.fill(scores)
        } else {
            try start(own, aligned, part.offsets)
        }
        let binned = try BinnedTable(aligned, plan: plan, kernels: kernels, context: context)
        let schema = Prediction.Schema(for: target)
        let watch = ValidationWatch(own, all: all, shared, binned, scoring: scoring, kernels: kernels) { [link] rows in
            try Prediction(schema, rows.outputs(link, schema.outputs))
        }
        try watch.measure(context.backend)
        return watch
    }

    /// Tells monitors of an iteration; `model` makes the model so far. Of the training rows they hear about those of this
    /// process.
    private func report(
        _ iteration: Int, _ rows: BoostedRows, _ loss: Double, _ watch: ValidationWatch?, isLast: Bool = false,
        model: () -> GradientBoostingModel
    ) {
        guard iteration > 0, !context.monitors.isEmpty else { return }
        var metrics = ["train_loss": loss]
        metrics["validation_loss"] = watch?.loss
        if let score = watch?.score { metrics["validation_\(settings.scoring)"] = score }
        context.send(
            Progress("fit", completed: iteration, total: isLast ? iteration : settings.nEstimators, metrics: metrics))
        withoutActuallyEscaping(model) { model in
            nonisolated(unsafe) let model = model
            let schema = Prediction.Schema(for: target)
            func part(_ name: String, _ rows: BoostedRows, _ loss: Double) -> Iteration.Part {
                Iteration.Part(name, rows.target, weights: rows.weights, loss: loss) { [link] in
                    try Prediction(schema, rows.outputs(link, schema.outputs))
                }
            }
            let validation = watch.map { part("validation", $0.all, $0.loss) }
            context.send(
                Iteration(iteration, [part("train", rows, loss)] + (validation.map { [$0] } ?? [])) { model() })
        }
    }

    /// All that was learned once these trees are there.
    private func learned(_ trees: [Tree], _ plan: BinningPlan) -> BoostedTrees {
        BoostedTrees(
            inputs: table.schema, outputs: Prediction.Schema(for: target), link: link,
            initialScores: initialScores, trees: (base?.trees ?? []) + trees, binOfCode: plan.binOfCode)
    }
}
