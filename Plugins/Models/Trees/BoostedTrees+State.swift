import ApusCore
import ApusKernels

/// Saving and restoring.
extension BoostedTrees {
    private struct Header: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var link: Link
        var initialScores: [Double]
    }

    /// What to save.
    func state() throws -> State {
        try State(
            of: GradientBoosting.self,
            Header(inputs: inputs, outputs: outputs, link: link, initialScores: initialScores),
            tensors: TreeState.tensors(trees, binOfCode))
    }

    /// What `state` was saved from; every index in it is checked.
    init(restoring state: State) throws {
        let header = try state.decode(Header.self)
        func damaged(_ what: String) -> ApusError { TreeState.damaged(state, what) }
        guard !header.initialScores.isEmpty, header.initialScores.allSatisfy(\.isFinite) else {
            throw damaged("initial scores")
        }
        guard let scores = header.link.scores(for: header.outputs), scores == header.initialScores.count else {
            throw damaged("outputs")
        }

        let (trees, binOfCode) = try TreeState.restore(state, header.inputs)
        guard trees.count % scores == 0 else { throw damaged("number of trees") }
        self.init(
            inputs: header.inputs, outputs: header.outputs, link: header.link, initialScores: header.initialScores,
            trees: trees, binOfCode: binOfCode)
    }
}
