import ApusCore
import ApusKernels

/// Saving and restoring.
extension ForestModel {
    private struct Header: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var oobScore: Double?
    }

    package func state() throws -> State {
        var tensors = TreeState.tensors(members.map(\.tree), binOfCode)
        if width > 1 { tensors["answers"] = Tensor(members.flatMap(\.answers)) }
        return try State(
            of: kind.plugin, Header(inputs: inputs, outputs: outputs, oobScore: oobScore), tensors: tensors)
    }

    /// The model that `state` was saved from; every index in it is checked.
    init(restoring state: State) throws {
        let header = try state.decode(Header.self)
        func damaged(_ what: String) -> ApusError { TreeState.damaged(state, what) }
        guard let kind = ForestKind(plugin: state.plugin) else { throw damaged("plugin") }
        let (task, labels) = (header.outputs.task, header.outputs.labels.count)
        let fits =
            switch task {
            case .regression: labels == 0
            case .binary: (1...2).contains(labels)
            case .multiclass, .multilabel: labels >= 1
            }
        guard fits else { throw damaged("outputs") }
        let (trees, binOfCode) = try TreeState.restore(state, header.inputs)
        guard !trees.isEmpty else { throw damaged("number of trees") }
        func isAnswer(_ value: Double) -> Bool { task == .regression ? value.isFinite : (0...1).contains(value) }

        let width = ForestModel.width(task, header.outputs.outputs)
        var members = trees.map { Member(tree: $0, answers: []) }
        if width == 1 {
            guard trees.allSatisfy({ $0.nodes.allSatisfy { isAnswer($0.value) } }) else { throw damaged("an answer") }
        } else {
            let answers = try state.elements("answers", as: Double.self)
            guard answers.count == trees.reduce(0, { $0 + $1.nodes.count }) * width else {
                throw damaged("number of answers")
            }
            guard answers.allSatisfy(isAnswer) else { throw damaged("an answer") }
            var start = 0
            members = trees.map { tree in
                let end = start + tree.nodes.count * width
                defer { start = end }
                return Member(tree: tree, answers: Array(answers.slice(start..<end)))
            }
        }
        self.init(
            kind: kind, inputs: header.inputs, outputs: header.outputs, members: members, binOfCode: binOfCode,
            oobScore: header.oobScore)
    }
}
