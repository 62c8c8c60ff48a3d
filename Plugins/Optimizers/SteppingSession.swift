import ApusCore

/// One minimisation by steps along gradients.
struct SteppingSession<Method: SteppingOptimizer>: OptimizerSession {
    private let method: Method
    private let dimension: Int
    private var memory: [Double]
    private(set) var request = OptimizerRequest.evaluate(on: Method.rows)
    private(set) var iteration = 0

    init(_ method: Method, dimension: Int) {
        self.method = method
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
        let largest = largestMagnitude(gradient)
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
        let (method, number, dimension) = (method, iteration, dimension)
        gradient.withUnsafeBufferPointer { gradient in
            point.withUnsafeMutableBufferPointer { point in
                memory.withUnsafeMutableBufferPointer { memory in
                    guard let gradient = gradient.baseAddress, let point = point.baseAddress else { return }
                    // A method without memory never looks at it; any address does.
                    let step = Step(number: number, rate: rate, count: dimension, memory: memory.baseAddress ?? point)
                    method.step(step, gradient, point)
                }
            }
        }
        return request
    }
}

/// The largest magnitude of a component; not finite if one is not.
private func largestMagnitude(_ vector: [Double]) -> Double {
    var lanes = SIMD8<Double>.zero
    var poison = SIMD8<Double>.zero
    var rest = 0.0
    vector.withUnsafeBufferPointer { vector in
        let whole = vector.count / 8 * 8
        let raw = UnsafeRawBufferPointer(vector)
        for start in stride(from: 0, to: whole, by: 8) {
            let x = raw.loadUnaligned(fromByteOffset: start * 8, as: SIMD8<Double>.self)
            let magnitude = x.replacing(with: -x, where: x .< 0)
            lanes.replace(with: magnitude, where: magnitude .> lanes)
            // NaN compares with nothing, but stays NaN here.
            poison += x - x
        }
        for place in whole..<vector.count {
            rest = max(rest, abs(vector[place]))
            poison[0] += vector[place] - vector[place]
        }
    }
    return max(lanes.max(), rest) + poison.sum()
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
