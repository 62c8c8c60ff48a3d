import ApusCore
import ApusKernels

/// The layers of a network and where the parameters of each stand in one vector.
package struct NetworkShape: Codable, Equatable, Sendable {
    /// Features, hidden units of each layer, scores.
    package let widths: [Int]
    /// Behind every layer but the last.
    package let activation: Activation
    /// Whether the sums of hidden layers are brought to mean 0 and deviation 1 row by row.
    package let layerNorm: Bool

    /// One layer: weights `(inputs, outputs)` row-major, one bias an output, and for layer norm a gain and a shift.
    struct Layer: Sendable {
        let inputs: Int
        let outputs: Int
        /// Places of the first element in the vector of parameters.
        let weights: Int
        let bias: Int
        let gain: Int?
        let shift: Int?
        let end: Int
    }

    /// Throws where there are more parameters than can be indexed.
    package init(widths: [Int], activation: Activation, layerNorm: Bool) throws {
        self.widths = widths
        self.activation = activation
        self.layerNorm = layerNorm
        var total = 0
        for (inputs, outputs) in zip(widths, widths.dropFirst()) {
            let (product, overflow) = inputs.multipliedReportingOverflow(by: outputs)
            guard !overflow, product < 1 << 31, inputs < 1 << 31, total + product < 1 << 34 else {
                throw ApusError(
                    "a layer of \(inputs.grouped) × \(outputs.grouped) weights is too large",
                    remedy: "Lower hidden_layer_sizes, or the number of features.")
            }
            total += product
        }
    }

    /// The layers in order, the scores' last.
    var layers: [Layer] {
        var place = 0
        return zip(widths, widths.dropFirst()).enumerated().map { index, sizes in
            let (inputs, outputs) = sizes
            let isNormalised = layerNorm && index < widths.count - 2
            let bias = place + inputs * outputs
            let layer = Layer(
                inputs: inputs, outputs: outputs, weights: place, bias: bias, gain: isNormalised ? bias + outputs : nil,
                shift: isNormalised ? bias + 2 * outputs : nil, end: bias + (isNormalised ? 3 : 1) * outputs)
            place = layer.end
            return layer
        }
    }

    /// How many numbers the network learns.
    var parameterCount: Int { layers.last?.end ?? 0 }

    /// Parameters to start from: weights drawn evenly, so that the variance of the sums is kept from layer to layer
    /// (He for ReLU and GELU, Glorot for the others), everything else at rest.
    ///
    /// Source: Glorot and Bengio, AISTATS 2010; He, Zhang, Ren and Sun, ICCV 2015.
    func start(_ random: CounterRandom) -> [Double] {
        var point = [Double](repeating: 0, count: parameterCount)
        let layers = layers
        for (index, layer) in layers.enumerated() {
            let isHe = index < layers.count - 1 && activation != .tanh
            let fan = isHe ? layer.inputs : layer.inputs + layer.outputs
            let bound = (6 / Double(max(1, fan))).squareRoot()
            for place in layer.weights..<layer.bias { point[place] = (2 * random.unit(place) - 1) * bound }
            if let gain = layer.gain {
                for place in gain..<gain + layer.outputs { point[place] = 1 }
            }
        }
        return point
    }
}
