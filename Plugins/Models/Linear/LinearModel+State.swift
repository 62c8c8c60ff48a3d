import ApusCore

extension LinearModel {
    private struct Saved: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var link: Link
        /// Absent where fitting chose nothing.
        var choices: [String: Double]?
    }

    /// What to save.
    public func state() throws -> State {
        try State(
            of: plugin, Saved(inputs: inputs, outputs: outputs, link: link, choices: choices.isEmpty ? nil : choices),
            tensors: [
                "coefficients": Tensor(scaledCoefficients, shape: [scores, means.count]),
                "intercepts": Tensor(centredIntercepts), "means": Tensor(means), "deviations": Tensor(deviations),
            ])
    }

    init(_ state: State, plugin: any Plugin.Type) throws {
        let saved: Saved = try state.decode()
        let width = saved.inputs.elementStarts.last ?? 0
        let scores =
            switch saved.link {
            case .identity, .logistic: 1
            case .softmax, .oneVersusRest, .independent: saved.outputs.outputs
            }
        func vector(_ name: String, _ count: Int) throws -> [Double] {
            let vector = Array(try state.elements(name, as: Double.self))
            guard vector.count == count, vector.allSatisfy(\.isFinite) else {
                throw ApusError("the state of \(plugin.descriptor.id) is damaged", remedy: "Train the model again.")
            }
            return vector
        }
        guard scores > 0, saved.link != .logistic || saved.outputs.outputs == 2,
            (saved.link == .identity) == (saved.outputs.task == .regression),
            (saved.link == .independent) == (saved.outputs.task == .multilabel)
        else { throw ApusError("the state of \(plugin.descriptor.id) is damaged", remedy: "Train the model again.") }
        let (size, overflow) = scores.multipliedReportingOverflow(by: width)
        guard !overflow else { throw ApusError("the state of \(plugin.descriptor.id) is damaged") }
        self.init(
            plugin: plugin, link: saved.link, inputs: saved.inputs, outputs: saved.outputs,
            coefficients: try vector("coefficients", size), intercepts: try vector("intercepts", scores),
            means: try vector("means", width), deviations: try vector("deviations", width),
            choices: saved.choices ?? [:])
    }
}
