import ApusCore
import ApusKernels

/// A fitted network.
struct MultilayerPerceptronModel: RowPredicting, Inspectable {
    let inputs: Schema
    let outputs: Prediction.Schema
    let link: Link
    let network: ScoreNetwork

    func predict(_ table: Table, in context: RunContext) throws -> Prediction {
        let kernels = Kernels(backend: context.backend, threads: context.threads)
        return try answers(to: Matrix(packing: inputs.align(table), kernels), kernels)
    }

    /// One answer for each row of packed features.
    func answers(to features: Matrix<Float>, _ kernels: Kernels) throws -> Prediction {
        let scores = network.scores(features, kernels)
        if let place = scores.firstIndex(where: { !$0.isFinite }) {
            throw ApusError(
                "the prediction for row \((place / network.offsets.count + 1).grouped) is not finite",
                remedy: "Look for very large values.")
        }
        let values = Matrix<Double>(rows: features.rows, columns: outputs.outputs) { target in
            scores.withUnsafeBufferPointer { link.apply(rows: features.rows, scores: $0, outputs: target) }
        }
        return try Prediction(outputs, values)
    }

    func predict(row: UnsafeBufferPointer<Double>, into outputs: UnsafeMutableBufferPointer<Double>) {
        guard row.count >= inputs.fields.count, outputs.count >= self.outputs.outputs else {
            return outputs.update(repeating: .nan)
        }
        let count = network.offsets.count
        withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { scores in
            guard let base = scores.baseAddress else { return }
            network.score(row: row, into: base)
            link.apply(
                rows: 1, scores: UnsafeBufferPointer(scores),
                outputs: UnsafeMutableBufferPointer(rebasing: outputs[..<self.outputs.outputs]))
        }
    }

    var mainImportance: String { "connection" }

    /// `connection`: the weights on all ways from a feature to a score, multiplied along each way and added up with
    /// their signs, so that what was never learned cancels; the mean size over the scores. Features are compared as the
    /// network sees them, which is after scaling in the standard pipeline.
    /// Source: Olden and Jackson, Ecological Modelling 154 (2002).
    var importance: [String: [Double]] {
        let (weights, scores) = (network.parameters, network.offsets.count)
        // (units of a layer, scores): what a unit adds to each score, were all units linear.
        var reach = (0..<scores * scores).map { $0 / scores == $0 % scores ? 1.0 : 0 }
        for layer in network.shape.layers.reversed() {
            var sums = [Double](repeating: 0, count: layer.inputs * scores)
            for place in 0..<layer.inputs * layer.outputs {
                let (input, output) = (place / layer.outputs, place % layer.outputs)
                let gain = layer.gain.map { weights[$0 + output] } ?? 1
                let weight = Double(weights[layer.weights + place] * gain)
                for score in 0..<scores { sums[input * scores + score] += weight * reach[output * scores + score] }
            }
            reach = sums
        }
        return [
            "connection": inputs.fields.indices.map { input in
                (0..<scores).reduce(0) { $0 + abs(reach[input * scores + $1]) } / Double(scores)
            }
        ]
    }

    var facts: [String: JSON] {
        [
            "layer_sizes": .list(network.shape.widths.map(\.json)), "parameters": network.shape.parameterCount.json,
            "activation": network.shape.activation.json,
        ]
    }
}

/// Saving and restoring: the parameters of each layer as tensors.
extension MultilayerPerceptronModel {
    private struct Header: Codable {
        var inputs: Schema
        var outputs: Prediction.Schema
        var link: Link
        var widths: [Int]
        var activation: Activation
        var layerNorm: Bool
        var offsets: [Double]
        var scale: Double
    }

    func state() throws -> State {
        let shape = network.shape
        var tensors: [String: Tensor] = [:]
        for (index, layer) in shape.layers.enumerated() {
            func tensor(_ first: Int, _ shape: [Int]) -> Tensor {
                Tensor(network.parameters.slice(first..<first + shape.reduce(1, *)), shape: shape)
            }
            tensors["weights_\(index)"] = tensor(layer.weights, [layer.inputs, layer.outputs])
            tensors["bias_\(index)"] = tensor(layer.bias, [layer.outputs])
            if let gain = layer.gain { tensors["gain_\(index)"] = tensor(gain, [layer.outputs]) }
            if let shift = layer.shift { tensors["shift_\(index)"] = tensor(shift, [layer.outputs]) }
        }
        return try State(
            of: MultilayerPerceptron.self,
            Header(
                inputs: inputs, outputs: outputs, link: link, widths: shape.widths, activation: shape.activation,
                layerNorm: shape.layerNorm, offsets: network.offsets, scale: network.scale), tensors: tensors)
    }

    init(restoring state: State) throws {
        let header = try state.decode(Header.self)
        func damaged(_ what: String) -> ApusError {
            ApusError("the state of \(state.plugin) is damaged: \(what)", remedy: "Train the model again.")
        }
        guard header.widths.count >= 2, header.widths.count <= 1000, header.widths.dropFirst().allSatisfy({ $0 > 0 }),
            header.widths[0] == header.inputs.fields.count
        else { throw damaged("layer sizes") }
        guard let scores = header.link.scores(for: header.outputs), scores == header.widths.last,
            header.offsets.count == scores, header.offsets.allSatisfy(\.isFinite), header.scale.isFinite
        else { throw damaged("outputs") }
        let shape = try NetworkShape(
            widths: header.widths, activation: header.activation, layerNorm: header.layerNorm)
        var parameters: [Float] = []
        for (index, layer) in shape.layers.enumerated() {
            func append(_ name: String, _ count: Int) throws {
                let elements = try state.elements("\(name)_\(index)", as: Float.self)
                guard elements.count == count, elements.allSatisfy(\.isFinite) else { throw damaged(name) }
                parameters += elements
            }
            try append("weights", layer.inputs * layer.outputs)
            try append("bias", layer.outputs)
            if layer.gain != nil {
                try append("gain", layer.outputs)
                try append("shift", layer.outputs)
            }
        }
        self.init(
            inputs: header.inputs, outputs: header.outputs, link: header.link,
            network: ScoreNetwork(
                shape: shape, parameters: Buffer(parameters), offsets: header.offsets, scale: header.scale))
    }
}
