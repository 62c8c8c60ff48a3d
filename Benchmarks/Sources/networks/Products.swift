import ApusKernels

/// The matrix products of one batch: forth and back in blocks of rows, then the gradients in tiles of weights.
struct Products: @unchecked Sendable {
    private let widths: [Int]
    private let batch: Int
    private let kernels: Kernels
    private let alone: Kernels
    /// Room for the values, weights and gradients of each layer; never freed.
    private let memory: UnsafeMutablePointer<Float>
    private let room: Int

    init(_ widths: [Int], batch: Int, _ kernels: Kernels) {
        self.widths = widths
        self.batch = batch
        self.kernels = kernels
        alone = Kernels(backend: kernels.backend, threads: 1)
        let widest = widths.max() ?? 0
        room = max(batch, widest) * widest
        memory = .allocate(capacity: 3 * widths.count * room)
        memory.initialize(repeating: 0.5, count: 3 * widths.count * room)
    }

    func run() {
        @Sendable func values(_ layer: Int) -> UnsafeMutablePointer<Float> { memory + layer * room }
        @Sendable func weights(_ layer: Int) -> UnsafeMutablePointer<Float> { memory + (widths.count + layer) * room }
        @Sendable func slopes(_ layer: Int) -> UnsafeMutablePointer<Float> {
            memory + (2 * widths.count + layer) * room
        }
        let block = batch / 4
        kernels.parallelFor(4) { part in
            for layer in 0..<widths.count - 1 {
                let (inputs, outputs) = (widths[layer], widths[layer + 1])
                try? alone.multiply(
                    MatrixView(values(layer) + part * block * inputs, rows: block, columns: inputs),
                    MatrixView(weights(layer), rows: inputs, columns: outputs),
                    into: values(layer + 1) + part * block * outputs)
            }
            for layer in (1..<widths.count - 1).reversed() {
                let (inputs, outputs) = (widths[layer], widths[layer + 1])
                try? alone.multiply(
                    MatrixView(slopes(layer + 1) + part * block * outputs, rows: block, columns: outputs),
                    MatrixView(weights(layer), rows: inputs, columns: outputs).transposed,
                    into: slopes(layer) + part * block * inputs)
            }
        }
        let tiles = (0..<widths.count - 1).flatMap { layer in
            let parts = (widths[layer] + 63) / 64
            return (0..<parts).map {
                (layer, $0 * widths[layer] / parts..<($0 + 1) * widths[layer] / parts)
            }
        }
        kernels.parallelFor(tiles.count) { task in
            let (layer, inputs) = tiles[task]
            try? alone.multiply(
                MatrixView(
                    values(layer) + inputs.lowerBound, rows: batch, columns: inputs.count, stride: widths[layer]
                ).transposed, MatrixView(slopes(layer + 1), rows: batch, columns: widths[layer + 1]),
                into: weights(layer) + inputs.lowerBound * widths[layer + 1])
        }
    }
}
