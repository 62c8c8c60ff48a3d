import ApusCore
import ApusKernels
import Synchronization

/// One fit of a forest, or of a single tree.
struct ForestRun {
    private let settings: ForestSettings
    private let context: RunContext
    private let kernels: Kernels
    private let table: Table
    private let target: Target
    private let weights: Buffer<Double>?
    private let rowIDs: Buffer<Int64>

    init(_ settings: ForestSettings, _ rows: TrainingRows, from model: (any Model)?, in context: RunContext) throws {
        self.settings = settings
        self.context = context
        kernels = Kernels(backend: context.backend, threads: context.threads)
        table = try rows.table
        target = try rows.target
        rowIDs = rows.rowIDs
        guard model == nil else {
            throw ApusError("\(settings.kind.plugin.descriptor.id) does not continue from a model", kind: .usage)
        }
        try TreeRows.check(table, target, for: settings.kind.plugin.descriptor.id)
        let factors = try settings.growth.classWeight.factors(for: target, weights: rows.weights)
        weights = try TreeRows.weights(rows.weights, factors, target)
        try check(rows)
    }

    private func check(_ rows: TrainingRows) throws {
        let id = settings.kind.plugin.descriptor.id
        guard context.communicator.size == 1 else {
            throw ApusError("\(id) works on one process, there are \(context.communicator.size)", kind: .usage)
        }
        guard rows.offsets == nil else { throw ApusError("\(id) does not take offsets", kind: .usage) }
        if case .classes(_, let labels) = target, labels.count > Int(ImpurityRule.classMask) {
            throw ApusError(
                "\(id) takes at most \(Int(ImpurityRule.classMask).grouped) classes, found \(labels.count.grouped)",
                at: "target")
        }
        if let share = settings.sampling.maxSamples, share > 1, Int(share) > rows.count {
            throw ApusError(
                "expected at most as many rows as there are, \(rows.count.grouped), found \(Int(share).grouped)",
                at: "parameter 'max_samples'", kind: .usage)
        }
    }

    /// Grows the trees.
    func fit() throws -> ForestModel {
        let plan = try BinningPlan(
            table, rowIDs: rowIDs, maxBins: settings.growth.maxBin, categories: nil, kernels: kernels, context: context)
        let binned = try BinnedTable(table, plan: plan, kernels: kernels, context: context)
        let bins = ForestBins(binned, kernels: kernels)
        let sums = ForestTarget(target, weights: weights, draws: settings.sampling.draws(from: table.rowCount))
        let grown = ResultSlots<Result<ForestModel.Member, any Error>>(settings.trees)
        if settings.sampling.oobScore, !settings.sampling.bootstrap {
            context.send(Warning("There is no out-of-bag score: without bootstrap every tree sees every row."))
        }
        let outOfBag =
            settings.sampling.oobScore && settings.sampling.bootstrap
            ? OutOfBag(rows: table.rowCount, trees: settings.trees) : nil
        let done = Mutex(0)
        let (settings, context, columnCount) = (settings, context, table.columns.count)
        let rowCount = table.rowCount
        kernels.parallelFor(settings.trees) { number in
            if context.cancellation.isCancelled { return }
            grown[number] = Result {
                let sample = ForestSample(sums, settings, rowCount: rowCount, tree: number, context)
                outOfBag?.mark(sample.rows, tree: number)
                let (tree, answers) = try ImpurityGrower(
                    bins, sums, sample, settings, columnCount: columnCount, tree: number, context
                ).grow()
                return ForestModel.Member(
                    Tree(tree, binned, largest: 1), answers, outputs: sums.outputs, task: sums.task)
            }
            done.withLock { done in
                done += 1
                context.send(Progress("fit", completed: done, total: settings.trees))
            }
        }
        try context.checkCancellation()
        let members = try grown.values.map { try $0.get() }
        var model = ForestModel(
            kind: settings.kind, inputs: table.schema, outputs: Prediction.Schema(for: target), members: members,
            binOfCode: plan.binOfCode)
        if let outOfBag {
            model.oobScore = try outOfBag.score(
                model, table, target, rows: sums.active, kernels: kernels, context: context)
        }
        return model
    }
}
