import ApusCore
import ApusKernels

/// A network with fixed parameters, from rows to scores. A row's scores depend on that row alone, to the last bit.
struct ScoreNetwork: Sendable {
    let shape: NetworkShape
    /// In the order that the shape says.
    let parameters: Buffer<Float>
    /// The scores are `offsets + scale · what the last layer gives`.
    let offsets: [Double]
    let scale: Double

    private static let rowsInBlock = 64

    private var scoreCount: Int { offsets.count }

    /// Floats that `score` needs for so many rows.
    private func workspace(_ rows: Int) -> Int { rows * (2 * (shape.widths.max() ?? 0) + 1) }

    /// `(rows, scores)` for all rows of `features`.
    func scores(_ features: Matrix<Float>, _ kernels: Kernels) -> Buffer<Double> {
        let (size, width) = (Self.rowsInBlock, scoreCount)
        let layers = LayerKernels(kernels.backend)
        return Buffer(count: features.rows * width) { target in
            nonisolated(unsafe) let target = target
            kernels.parallelFor((features.rows + size - 1) / size) { block in
                let first = block * size
                let count = min(size, features.rows - first)
                withUnsafeTemporaryAllocation(of: Float.self, capacity: workspace(count)) { work in
                    guard let work = work.baseAddress, let target = target.baseAddress else { return }
                    score(
                        count, features.elements.unsafePointer + first * features.stride, work, target + first * width,
                        layers)
                }
                withExtendedLifetime(features) {}
            }
        }
    }

    /// One row, without allocating on the heap.
    func score(row: UnsafeBufferPointer<Double>, into scores: UnsafeMutablePointer<Double>) {
        let inputs = shape.widths[0]
        withUnsafeTemporaryAllocation(of: Float.self, capacity: inputs + workspace(1) + 1) { work in
            guard let work = work.baseAddress else { return }
            for place in 0..<inputs { work[place] = Float(row[place]) }
            score(1, work, work + inputs, scores, LayerKernels(.c))
        }
    }

    private func score(
        _ rows: Int, _ x: UnsafePointer<Float>, _ work: UnsafeMutablePointer<Float>,
        _ scores: UnsafeMutablePointer<Double>, _ kernels: LayerKernels
    ) {
        let widest = rows * (shape.widths.max() ?? 0)
        let weights = parameters.unsafePointer
        var (input, sums, other) = (x, work, work + widest)
        let inverse = work + 2 * widest
        let layers = shape.layers
        for (index, layer) in layers.enumerated() {
            kernels.rowsProduct(rows, layer.inputs, layer.outputs, input, weights + layer.weights, sums)
            let isLast = index == layers.count - 1
            let activation = isLast ? .identity : shape.activation.kernel
            if let gain = layer.gain, let shift = layer.shift {
                kernels.activate(.identity, rows, layer.outputs, bias: weights + layer.bias, sums, sums)
                kernels.normalize(
                    rows, layer.outputs, gain: weights + gain, shift: weights + shift, sums, inverse, other)
                swap(&sums, &other)
                kernels.activate(activation, rows, layer.outputs, bias: nil, sums, sums)
            } else {
                kernels.activate(activation, rows, layer.outputs, bias: weights + layer.bias, sums, sums)
            }
            input = UnsafePointer(sums)
            swap(&sums, &other)
        }
        for place in 0..<rows * scoreCount {
            scores[place] = offsets[place % scoreCount] + scale * Double(input[place])
        }
        withExtendedLifetime(parameters) {}
    }
}
