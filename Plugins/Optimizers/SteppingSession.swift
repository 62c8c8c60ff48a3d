import ApusCore
import ApusKernels

/// One minimisation by steps along gradients.
struct SteppingSession<Method: SteppingOptimizer>: OptimizerSession {
    private let method: Method
    private let dimension: Int
    private let kernels: Kernels
    private var memory: [Double]
    private(set) var request = OptimizerRequest.evaluate(on: Method.rows)
    private(set) var iteration = 0

    /// Variables that one thread takes at a time.
    private static var partSize: Int { 4096 }

    init(_ method: Method, dimension: Int, _ kernels: Kernels) {
        self.method = method
        self.kernels = kernels
        self.dimension = dimension
        memory = [Double](repeating: 0, count: dimension * Method.memories.count)
    }

    mutating func tell(value: Double, gradient: [Double], at point: inout [Double]) throws -> OptimizerRequest {
        let id = Method.descriptor.id
        guard gradient.count == dimension, point.count == dimension else {
            throw ApusError(
                "a gradient of \(gradient.count) and a point of \(point.count) for \(dimension) variables", at: id,
                kind: .plugin)
        }
        if case .done = request { return request }
        let largest = largest(gradient)
        guard value.isFinite, largest.isFinite else {
            throw ApusError(
                "the loss or its gradient is not finite at iteration \((iteration + 1).grouped)", at: id,
                remedy: "Lower learning_rate, or look for very large values in the data.")
        }
        let descent = method.descent
        guard largest >= descent.tol, iteration < descent.maxIter else {
            request = .done(value: value, iterations: iteration, hasConverged: largest < descent.tol)
            return request
        }
        let rate = descent.rate(at: iteration)
        iteration += 1
        step(rate, gradient, &point)
        return request
    }

    private mutating func step(_ rate: Double, _ gradient: [Double], _ point: inout [Double]) {
        let (method, kernels, number) = (method, kernels, iteration)
        let (dimension, size) = (dimension, Self.partSize)
        gradient.withUnsafeBufferPointer { gradient in
            point.withUnsafeMutableBufferPointer { point in
                memory.withUnsafeMutableBufferPointer { memory in
                    guard let gradient = gradient.baseAddress, let point = point.baseAddress else { return }
                    // A method without memory never looks at it; any address does.
                    let memory = memory.baseAddress ?? point
                    nonisolated(unsafe) let places = (gradient: gradient, point: point, memory: memory)
                    kernels.parallelFor((dimension + size - 1) / size) { part in
                        let first = part * size
                        let step = Step(
                            number: number, rate: rate, count: min(size, dimension - first),
                            memory: places.memory + first, stride: dimension)
                        method.step(step, places.gradient + first, places.point + first)
                    }
                }
            }
        }
    }

    /// The largest magnitude of a component; not finite if one is not.
    private func largest(_ vector: [Double]) -> Double {
        let size = Self.partSize
        var found = [Double](repeating: 0, count: (vector.count + size - 1) / size)
        vector.withUnsafeBufferPointer { vector in
            found.withUnsafeMutableBufferPointer { found in
                nonisolated(unsafe) let (vector, found) = (vector, found)
                kernels.parallelFor(found.count) { part in
                    guard let first = vector.baseAddress else { return }
                    found[part] = StepKernels.largest(min(size, vector.count - part * size), first + part * size)
                }
            }
        }
        return StepKernels.largest(found.count, found)
    }
}

extension SteppingSession {
    private struct Saved: Codable {
        var iteration: Int
        var value: Double?
        var hasConverged: Bool
    }

    func snapshot() throws -> State {
        var saved = Saved(iteration: iteration, value: nil, hasConverged: false)
        if case .done(let value, _, let hasConverged) = request {
            saved.value = value
            saved.hasConverged = hasConverged
        }
        let vectors = Method.memories.enumerated().map { index, name in
            (name, Tensor(memory[index * dimension..<(index + 1) * dimension]))
        }
        return try State(
            of: Method.self, saved, tensors: Dictionary(vectors, uniquingKeysWith: { first, _ in first }))
    }

    mutating func restore(_ state: State) throws {
        let id = Method.descriptor.id
        guard state.plugin == id else {
            throw ApusError(
                "the checkpoint was saved by \(state.plugin)", at: id,
                remedy: "Continue with the optimizer that it was trained by.")
        }
        let saved: Saved = try state.decode()
        guard saved.iteration >= 0 else { throw ApusError("the checkpoint is damaged", at: id) }
        var memory: [Double] = []
        memory.reserveCapacity(dimension * Method.memories.count)
        for name in Method.memories {
            let vector = try state.elements(name, as: Double.self)
            guard vector.count == dimension else {
                throw ApusError(
                    "the checkpoint has \(vector.count) variables, this model \(dimension)", at: id)
            }
            memory += vector
        }
        self.memory = memory
        iteration = saved.iteration
        request =
            saved.value.map {
                .done(value: $0, iterations: saved.iteration, hasConverged: saved.hasConverged)
            } ?? .evaluate(on: Method.rows)
    }
}
