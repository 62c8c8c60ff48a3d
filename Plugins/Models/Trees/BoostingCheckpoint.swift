import ApusCore

/// All that a fit needs to go on after its last whole iteration.
struct BoostingCheckpoint {
    /// What was learned so far, with the trees of the model that was continued.
    let learned: BoostedTrees
    /// How many trees the model that was continued had; nil if none was.
    let baseTrees: Int?
    /// The least that early stopping saw of what it wants small.
    let bestCost: Double
    /// Iterations until then.
    let bestIterations: Int
    /// The largest gradient of the first iteration.
    let largestAtFirst: Double?
    /// Present scores, with all their rounding.
    let scores: Buffer<Double>
    /// Present scores of the validation part.
    let validationScores: Buffer<Double>?

    /// What the model that was continued had learned.
    var base: BoostedTrees? {
        baseTrees.map {
            var base = learned
            base.trees = Array(learned.trees.prefix($0))
            return base
        }
    }

    /// The trees that were grown since.
    var newTrees: [Tree] { Array(learned.trees.dropFirst(baseTrees ?? 0)) }

    /// Throws where the scores are those of other rows.
    func check(rows: Int, validation: Int?) throws {
        guard scores.count == rows * learned.scoreCount,
            validationScores?.count == validation.map({ $0 * learned.scoreCount })
        else {
            throw ApusError(
                "the checkpoint is of other rows", remedy: "Resume with the data and the split it was made with.")
        }
    }
}

extension BoostingCheckpoint {
    private struct Header: Codable {
        var baseTrees: Int?
        var bestCost: Double
        var bestIterations: Int
        var largestAtFirst: Double?
    }

    /// From what `state()` gave; throws where it is damaged.
    init(_ state: State) throws {
        guard state.version == GradientBoosting.descriptor.version else {
            throw ApusError(
                "the checkpoint is of version \(state.version), this build goes on from \(GradientBoosting.descriptor.version)",
                remedy: "Start again without it.")
        }
        let header: Header = try state.decode()
        guard let child = state.children["model"],
            let model = try GradientBoosting.restoring(child) as? GradientBoostingModel
        else { throw ApusError("the checkpoint holds no model") }
        learned = model.learned
        (baseTrees, bestCost, bestIterations) = (header.baseTrees, header.bestCost, header.bestIterations)
        largestAtFirst = header.largestAtFirst
        scores = try state.elements("scores")
        validationScores = state.tensors["validation_scores"] == nil ? nil : try state.elements("validation_scores")
        let trees = learned.trees.count
        guard (0...trees).contains(baseTrees ?? 0), (trees - (baseTrees ?? 0)) % learned.scoreCount == 0,
            (0...trees).contains(bestIterations), !bestCost.isNaN, largestAtFirst.map({ $0 >= 0 }) ?? true,
            scores.allSatisfy(\.isFinite), validationScores?.allSatisfy(\.isFinite) ?? true
        else { throw ApusError("the checkpoint is damaged", remedy: "Start again without it.") }
    }

    /// What to save.
    func state() throws -> State {
        var tensors = ["scores": Tensor(scores)]
        tensors["validation_scores"] = validationScores.map { Tensor($0) }
        return try State(
            of: GradientBoosting.self,
            Header(
                baseTrees: baseTrees, bestCost: bestCost, bestIterations: bestIterations,
                largestAtFirst: largestAtFirst),
            tensors: tensors, children: ["model": try learned.state()])
    }
}
