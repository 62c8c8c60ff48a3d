import ApusCore
import ApusKernels

/// A network in training: loss and gradient of some rows at some parameters.
///
/// Rows pass in blocks that threads take, forth and back through all layers; then the gradient by the weights is made
/// in tiles of whole rows of weights, each over all rows of the chunk. Blocks and tiles depend on sizes alone, so that
/// nothing depends on the number of threads.
package final class NetworkPass: @unchecked Sendable {
    // Tasks of one parallel region write disjoint parts of the memory; regions follow one another.

    /// What is learned from.
    package struct Rows: Sendable {
        let features: Matrix<Float>
        let target: Target
        let weights: Buffer<Double>?
        /// The mean weight of a row.
        let meanWeight: Double

        package init(features: Matrix<Float>, target: Target, weights: Buffer<Double>?, meanWeight: Double) {
            self.features = features
            self.target = target
            self.weights = weights
            self.meanWeight = meanWeight
        }
    }

    /// What is minimised, beside the rows.
    package struct Loss: Sendable {
        let objective: any Objective
        /// Scores are `offsets + scale · output`.
        let offsets: [Double]
        let scale: Double
        /// What the objective's loss is multiplied by.
        let unit: Double
        /// The L2 penalty on weights, a batch.
        let alpha: Double
        let dropout: Double

        package init(
            objective: any Objective, offsets: [Double], scale: Double, unit: Double, alpha: Double, dropout: Double
        ) {
            self.objective = objective
            self.offsets = offsets
            self.scale = scale
            self.unit = unit
            self.alpha = alpha
            self.dropout = dropout
        }
    }

    private static let rowsInChunk = 1024

    private struct Tile {
        let layer: Int
        let inputs: Range<Int>
    }

    let shape: NetworkShape
    let layers: [NetworkShape.Layer]
    private let loss: Loss
    private let kernels: Kernels
    let layerKernels: LayerKernels
    private let random: [CounterRandom]
    private let tiles: [Tile]
    /// Rows that are in memory at once.
    private let capacity: Int
    /// Parameters, and the gradient of the present chunk by the weights.
    private let parameters: Scratch<Float>
    private let chunkGradient: Scratch<Float>
    let memory: [LayerMemory]
    private let inputs: Scratch<Float>
    private let scores: Scratch<Double>
    private let gradients: Scratch<Double>
    private let hessians: Scratch<Double>
    private let blockSums: Scratch<Float>
    private var blockLosses: [Double]
    /// Σ weight² and Σ gradient² of each tile, and of the other parameters of each layer.
    private var squares: [(weights: Double, gradient: Double)]
    /// Where the sums of each layer's columns stand among those of a block: bias, then gain, then shift.
    private let sumsStart: [Int]
    private let sumsWidth: Int

    /// A pass for batches of at most `batch` rows at once.
    package init(_ shape: NetworkShape, _ loss: Loss, batch: Int, _ kernels: Kernels, _ context: RunContext) {
        self.shape = shape
        layers = shape.layers
        self.loss = loss
        self.kernels = kernels
        layerKernels = LayerKernels(kernels.backend)
        random = layers.indices.map { context.random("multilayer_perceptron.dropout.\($0)") }
        let rows = min(max(batch, 1), Self.rowsInChunk)
        capacity = rows
        tiles = layers.enumerated().flatMap { index, layer in
            NetworkPass.ranges(layer.inputs, of: 64).map { Tile(layer: index, inputs: $0) }
        }
        parameters = Scratch(shape.parameterCount)
        chunkGradient = Scratch(shape.parameterCount)
        let isSplit = loss.dropout > 0 || shape.activation == .gelu
        memory = layers.enumerated().map { index, layer in
            LayerMemory(
                rows: rows, width: layer.outputs, isSplit: isSplit && index < shape.widths.count - 2,
                isNormalised: layer.gain != nil, isMasked: loss.dropout > 0 && index < shape.widths.count - 2)
        }
        inputs = Scratch(rows * shape.widths[0])
        let width = loss.offsets.count
        scores = Scratch(rows * width)
        gradients = Scratch(rows * width)
        hessians = Scratch(rows * width)
        var place = 0
        sumsStart = layers.map { layer in
            defer { place += layer.end - layer.bias }
            return place
        }
        sumsWidth = place
        let blocks = NetworkPass.blocks(rows).count
        blockSums = Scratch(blocks * place)
        blockLosses = [Double](repeating: 0, count: blocks)
        squares = Array(repeating: (0, 0), count: tiles.count + layers.count)
    }

    /// Equal parts of at most `size`.
    private static func ranges(_ count: Int, of size: Int) -> [Range<Int>] {
        let parts = max(1, (count + size - 1) / size)
        return (0..<parts).map { $0 * count / parts..<($0 + 1) * count / parts }
    }

    /// Blocks of rows: at most 64 of them, at least two blocks where that leaves 16 rows for each.
    private static func blocks(_ rows: Int) -> [Range<Int>] {
        ranges(rows, of: rows >= 32 ? min(64, (rows + 1) / 2) : 64)
    }

    /// The mean loss with the penalty at `point`, over the rows of `order`; its gradient goes to `gradient`. `step` is
    /// the key of what dropout draws.
    package func evaluate(
        _ rows: Rows, order: ArraySlice<Int>, step: Int, at point: [Double], gradient: inout [Double]
    ) -> Double {
        load(point)
        let factor = loss.unit / (Double(order.count) * rows.meanWeight)
        var total = 0.0
        var start = order.startIndex
        while start < order.endIndex {
            let end = min(start + capacity, order.endIndex)
            let chunk = Array(order[start..<end])
            total += descend(rows, chunk, key: step &* order.count &+ (start - order.startIndex), factor)
            let isFirst = start == order.startIndex
            gradient.withUnsafeMutableBufferPointer {
                gather(chunk.count, isFirst: isFirst, penalty: loss.alpha / Double(order.count), $0)
            }
            start = end
        }
        return total * factor + 0.5 * loss.alpha / Double(order.count) * squares.reduce(0) { $0 + $1.weights }
    }

    /// The length of the gradient that was evaluated last.
    package var gradientNorm: Double { squares.reduce(0) { $0 + $1.gradient }.squareRoot() }

    private func load(_ point: [Double]) {
        let size = 16_384
        point.withUnsafeBufferPointer { point in
            nonisolated(unsafe) let point = point
            nonisolated(unsafe) let target = parameters.pointer
            kernels.parallelFor((point.count + size - 1) / size) { part in
                for place in part * size..<min(point.count, (part + 1) * size) { target[place] = Float(point[place]) }
            }
        }
    }

    /// Forth and back through all layers for some rows; returns their weighted loss.
    private func descend(_ rows: Rows, _ chunk: [Int], key: Int, _ factor: Double) -> Double {
        let target = rows.target.rows(chunk)
        let weights = rows.weights.map { weights in Buffer(chunk.map { weights[$0] }) }
        let blocks = NetworkPass.blocks(chunk.count)
        blockLosses.withUnsafeMutableBufferPointer { losses in
            nonisolated(unsafe) let losses = losses
            kernels.parallelFor(blocks.count) { block in
                let range = blocks[block]
                self.collect(rows.features, chunk, range)
                self.forward(range, key: key)
                losses[block] = self.measure(target, weights, chunk.count, range, factor)
                self.backward(range, sums: self.blockSums.pointer + block * self.sumsWidth)
            }
        }
        return blockLosses[..<blocks.count].reduce(0, +)
    }

    private func collect(_ features: Matrix<Float>, _ chunk: [Int], _ range: Range<Int>) {
        let width = features.columns
        for place in range {
            (inputs.pointer + place * width).update(
                from: features.elements.unsafePointer + chunk[place] * features.stride, count: width)
        }
        withExtendedLifetime(features) {}
    }

    private func forward(_ range: Range<Int>, key: Int) {
        let (first, rows) = (range.lowerBound, range.count)
        let weights = UnsafePointer(parameters.pointer)
        var input = UnsafePointer(inputs.pointer + first * shape.widths[0])
        for (index, layer) in layers.enumerated() {
            let memory = memory[index]
            let width = layer.outputs
            let (sums, outputs) = (memory.sums.pointer + first * width, memory.outputs.pointer + first * width)
            let bias = weights + layer.bias
            let factors = (
                MatrixView(input, rows: rows, columns: layer.inputs),
                MatrixView(weights + layer.weights, rows: layer.inputs, columns: width)
            )
            let isLast = index == layers.count - 1
            let activation = isLast ? .identity : shape.activation.kernel
            // Without GELU the activated sums replace the sums; dropout leaves them for the way back.
            let activated = shape.activation == .gelu && !isLast ? outputs : sums
            if let normal = memory.normal, let inverse = memory.inverse, let gain = layer.gain,
                let shift = layer.shift
            {
                let standard = normal.pointer + first * width
                layerKernels.multiply(factors.0, factors.1, into: standard)
                layerKernels.activate(.identity, rows, width, bias: bias, standard, standard)
                layerKernels.normalize(
                    rows, width, gain: weights + gain, shift: weights + shift, standard, inverse.pointer + first, sums)
                layerKernels.activate(activation, rows, width, bias: nil, sums, activated)
            } else {
                layerKernels.multiply(factors.0, factors.1, into: sums)
                layerKernels.activate(activation, rows, width, bias: bias, sums, activated)
            }
            if let mask = memory.mask {
                let mask = mask.pointer + first * width
                draw(rows, width, random[index], key: key &+ first, mask)
                for place in 0..<rows * width { outputs[place] = activated[place] * mask[place] }
            }
            input = UnsafePointer(outputs)
        }
    }

    /// Factors of dropout: 0, or what keeps the mean.
    private func draw(
        _ rows: Int, _ width: Int, _ random: CounterRandom, key: Int, _ mask: UnsafeMutablePointer<Float>
    ) {
        let limit = UInt32(loss.dropout * 0x1p32)
        let kept = Float(1 / (1 - loss.dropout))
        let stride = (width + 3) / 4
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: width) { words in
            for row in 0..<rows {
                random.fill(words, from: (key &+ row) &* stride)
                for place in 0..<width { mask[row * width + place] = words[place] < limit ? 0 : kept }
            }
        }
    }

    /// The weighted loss of a block; leaves its gradient by the last layer's sums.
    private func measure(
        _ target: Target, _ weights: Buffer<Double>?, _ rows: Int, _ range: Range<Int>, _ factor: Double
    ) -> Double {
        guard let last = memory.last else { return 0 }
        let width = loss.offsets.count
        let places = range.lowerBound * width..<range.upperBound * width
        for place in places {
            scores.pointer[place] = loss.offsets[place % width] + loss.scale * Double(last.outputs.pointer[place])
        }
        let count = rows * width
        let sum = loss.objective.evaluate(
            target, weights: weights, rows: range, scores: UnsafeBufferPointer(start: scores.pointer, count: count),
            gradients: UnsafeMutableBufferPointer(start: gradients.pointer, count: count),
            hessians: UnsafeMutableBufferPointer(start: hessians.pointer, count: count), backend: kernels.backend)
        for place in places { last.gradient.pointer[place] = Float(gradients.pointer[place] * loss.scale * factor) }
        return sum
    }

    private func backward(_ range: Range<Int>, sums: UnsafeMutablePointer<Float>) {
        let (first, rows) = (range.lowerBound, range.count)
        let weights = UnsafePointer(parameters.pointer)
        sums.update(repeating: 0, count: sumsWidth)
        for (index, layer) in layers.enumerated().reversed() {
            let width = layer.outputs
            let gradient = memory[index].gradient.pointer + first * width
            let sums = sums + sumsStart[index]
            if index < layers.count - 1 {
                let memory = memory[index]
                let (pre, outputs) = (memory.sums.pointer + first * width, memory.outputs.pointer + first * width)
                if let mask = memory.mask {
                    let mask = mask.pointer + first * width
                    for place in 0..<rows * width { gradient[place] *= mask[place] }
                }
                // Only GELU looks at the sums, and only the others at what was made of them.
                layerKernels.activateBackward(
                    shape.activation.kernel, rows * width, pre, memory.mask == nil ? outputs : pre, gradient)
                if let normal = memory.normal, let inverse = memory.inverse, let gain = layer.gain {
                    layerKernels.normalizeBackward(
                        rows, width, gain: weights + gain, normal.pointer + first * width, inverse.pointer + first,
                        gradient, gainSums: sums + width, shiftSums: sums + 2 * width)
                }
            }
            layerKernels.addColumns(rows, width, gradient, sums)
            if index > 0 {
                layerKernels.multiply(
                    MatrixView(gradient, rows: rows, columns: width),
                    MatrixView(weights + layer.weights, rows: layer.inputs, columns: width).transposed,
                    into: memory[index - 1].gradient.pointer + first * layer.inputs)
            }
        }
    }

    /// The gradient by all parameters, from what the rows of the chunk left.
    private func gather(
        _ rows: Int, isFirst: Bool, penalty: Double, _ gradient: UnsafeMutableBufferPointer<Double>
    ) {
        let blocks = NetworkPass.blocks(rows).count
        squares.withUnsafeMutableBufferPointer { squares in
            nonisolated(unsafe) let (squares, gradient) = (squares, gradient)
            kernels.parallelFor(squares.count) { task in
                if task < self.tiles.count {
                    squares[task] = self.gather(self.tiles[task], rows, isFirst: isFirst, penalty: penalty, gradient)
                } else {
                    let index = task - self.tiles.count
                    let layer = self.layers[index]
                    squares[task] = (0, 0)
                    for place in 0..<layer.end - layer.bias {
                        var sum = isFirst ? 0 : gradient[layer.bias + place]
                        for block in 0..<blocks {
                            sum += Double(
                                self.blockSums.pointer[block * self.sumsWidth + self.sumsStart[index] + place])
                        }
                        gradient[layer.bias + place] = sum
                        squares[task].gradient += sum * sum
                    }
                }
            }
        }
    }

    /// One tile; returns Σ weight² and Σ gradient².
    private func gather(
        _ tile: Tile, _ rows: Int, isFirst: Bool, penalty: Double, _ gradient: UnsafeMutableBufferPointer<Double>
    ) -> (weights: Double, gradient: Double) {
        let layer = layers[tile.layer]
        let source = tile.layer == 0 ? inputs.pointer : memory[tile.layer - 1].outputs.pointer
        let first = layer.weights + tile.inputs.lowerBound * layer.outputs
        guard let gradient = gradient.baseAddress.map({ $0 + first }) else { return (0, 0) }
        let made = chunkGradient.pointer + first
        layerKernels.multiply(
            MatrixView(
                source + tile.inputs.lowerBound, rows: rows, columns: tile.inputs.count, stride: layer.inputs
            ).transposed, MatrixView(memory[tile.layer].gradient.pointer, rows: rows, columns: layer.outputs),
            into: made)
        return layerKernels.takeGradient(
            tile.inputs.count * layer.outputs, adding: !isFirst, penalty: penalty, made,
            weights: parameters.pointer + first, gradient)
    }
}
