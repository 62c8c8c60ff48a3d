import ApusCore

/// One minimisation by L-BFGS.
struct LBFGSSession: OptimizerSession {
    private let configuration: LBFGS
    private let dimension: Int
    private(set) var request = OptimizerRequest.evaluate(on: .all)
    private(set) var iteration = 0

    /// Where the present line starts; empty before the first value.
    private var position: [Double] = []
    private var value = Double.nan
    private var gradient: [Double] = []
    private var direction: [Double] = []
    private var search: WolfeSearch?
    /// The step asked for, and the gradient at the search's better end.
    private var step = 0.0
    private var lowGradient: [Double] = []
    /// How many iterations in a row gained nothing that the value can tell.
    private var stalled = 0
    /// Pairs of differences of positions and gradients, oldest first.
    private var steps: [[Double]] = []
    private var changes: [[Double]] = []

    init(_ configuration: LBFGS, dimension: Int) {
        self.configuration = configuration
        self.dimension = dimension
    }

    mutating func tell(
        value newValue: Double, gradient newGradient: [Double], at point: inout [Double]
    ) throws -> OptimizerRequest {
        guard newGradient.count == dimension, point.count == dimension else {
            throw ApusError(
                "a gradient of \(newGradient.count) and a point of \(point.count) for \(dimension) variables",
                at: LBFGS.descriptor.id, kind: .plugin)
        }
        if case .done = request { return request }
        let isFinite = newValue.isFinite && newGradient.allSatisfy(\.isFinite)
        guard var search else {
            guard isFinite else {
                throw ApusError(
                    "the loss or its gradient is not finite at the start", at: LBFGS.descriptor.id,
                    remedy: "Look for very large values in the data.")
            }
            (position, value, gradient) = (point, newValue, newGradient)
            return next(isDone: greatest(gradient) <= configuration.tol, hasConverged: true, &point)
        }
        let told = WolfeSearch.Point(
            step: step, value: isFinite ? newValue : .infinity,
            slope: isFinite ? dot(newGradient, direction) : .infinity)
        let outcome = search.tell(told)
        if search.low.step == step { lowGradient = newGradient }
        self.search = search
        switch outcome {
        case .evaluate(let step):
            self.step = step
            move(&point)
            return request
        case .accept: return accept(search.low, &point)
        case .exhausted(isImproved: true): return accept(search.low, &point)
        case .exhausted(isImproved: false): return giveUp(&point)
        }
    }

    private mutating func accept(_ low: WolfeSearch.Point, _ point: inout [Double]) -> OptimizerRequest {
        let target = zip(position, direction).map { $0 + low.step * $1 }
        let difference = zip(target, position).map { $0 - $1 }
        let change = zip(lowGradient, gradient).map { $0 - $1 }
        let product = dot(difference, change)
        if product > 0x1p-52 * dot(change, change) {
            steps.append(difference)
            changes.append(change)
            if steps.count > configuration.history {
                steps.removeFirst()
                changes.removeFirst()
            }
        }
        let gain = value - low.value
        let scale = max(abs(value), abs(low.value), 1)
        (position, value, gradient) = (target, low.value, lowGradient)
        iteration += 1
        // Where the value is flat to its last digit the gradient still tells the way, for a while.
        stalled = gain <= configuration.ftol * scale ? stalled + 1 : 0
        if greatest(gradient) <= configuration.tol || stalled == 5 {
            return next(isDone: true, hasConverged: true, &point)
        }
        return next(isDone: iteration >= configuration.maxIter, hasConverged: false, &point)
    }

    /// No step along this direction lowers the value: try the gradient itself, then stop.
    private mutating func giveUp(_ point: inout [Double]) -> OptimizerRequest {
        if !steps.isEmpty {
            steps = []
            changes = []
            return next(isDone: false, hasConverged: false, &point)
        }
        return next(isDone: true, hasConverged: search?.isCutOff != true, &point)
    }

    private mutating func next(isDone: Bool, hasConverged: Bool, _ point: inout [Double]) -> OptimizerRequest {
        if isDone {
            point = position
            request = .done(value: value, iterations: iteration, hasConverged: hasConverged)
            return request
        }
        direction = descent()
        var slope = dot(direction, gradient)
        if !(slope < 0) {
            steps = []
            changes = []
            direction = gradient.map { -$0 }
            slope = -dot(gradient, gradient)
        }
        search = WolfeSearch(value: value, slope: slope)
        // Without curvature, a first step of length 1 at most.
        step = steps.isEmpty ? min(1, 1 / max(dot(gradient, gradient).squareRoot(), .leastNormalMagnitude)) : 1
        move(&point)
        return request
    }

    /// The two-loop recursion.
    private func descent() -> [Double] {
        var result = gradient.map { -$0 }
        var factors = [Double](repeating: 0, count: steps.count)
        for pair in steps.indices.reversed() {
            factors[pair] = dot(steps[pair], result) / dot(steps[pair], changes[pair])
            for place in result.indices { result[place] -= factors[pair] * changes[pair][place] }
        }
        if let step = steps.last, let change = changes.last {
            let scale = dot(step, change) / dot(change, change)
            for place in result.indices { result[place] *= scale }
        }
        for pair in steps.indices {
            let factor = dot(changes[pair], result) / dot(steps[pair], changes[pair])
            for place in result.indices { result[place] += (factors[pair] - factor) * steps[pair][place] }
        }
        return result
    }

    private func move(_ point: inout [Double]) {
        for place in point.indices { point[place] = position[place] + step * direction[place] }
    }

    private func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for place in a.indices { sum += a[place] * b[place] }
        return sum
    }

    private func greatest(_ vector: [Double]) -> Double { vector.reduce(0) { max($0, abs($1)) } }
}

extension LBFGSSession {
    private struct Saved: Codable {
        var iteration: Int
        var value: Double
        var step: Double
        var search: WolfeSearch?
        var stalled: Int
        var pairs: Int
        var isDone: Bool
        var hasConverged: Bool
    }

    func snapshot() throws -> State {
        var (isDone, hasConverged) = (false, false)
        if case .done(_, _, let converged) = request { (isDone, hasConverged) = (true, converged) }
        var tensors = [
            "position": Tensor(position), "gradient": Tensor(gradient), "direction": Tensor(direction),
            "low_gradient": Tensor(lowGradient),
        ]
        for pair in steps.indices {
            tensors["step_\(pair)"] = Tensor(steps[pair])
            tensors["change_\(pair)"] = Tensor(changes[pair])
        }
        let saved = Saved(
            iteration: iteration, value: value, step: step, search: search, stalled: stalled, pairs: steps.count,
            isDone: isDone, hasConverged: hasConverged)
        return try State(of: LBFGS.self, saved, tensors: tensors)
    }

    mutating func restore(_ state: State) throws {
        let saved: Saved = try state.decode()
        func vector(_ name: String, mayBeEmpty: Bool = false) throws -> [Double] {
            let vector = Array(try state.elements(name, as: Double.self))
            guard vector.count == dimension || mayBeEmpty && vector.isEmpty else {
                throw ApusError(
                    "the checkpoint has \(vector.count) variables, this model \(dimension)", at: LBFGS.descriptor.id)
            }
            return vector
        }
        guard (0...1000).contains(saved.pairs), saved.iteration >= 0 else {
            throw ApusError("the checkpoint is damaged", at: LBFGS.descriptor.id)
        }
        let hasStarted = saved.search != nil
        position = try vector("position", mayBeEmpty: !hasStarted)
        gradient = try vector("gradient", mayBeEmpty: !hasStarted)
        direction = try vector("direction", mayBeEmpty: !hasStarted)
        lowGradient = try vector("low_gradient", mayBeEmpty: saved.search?.low.step ?? 0 == 0)
        steps = try (0..<saved.pairs).map { try vector("step_\($0)") }
        changes = try (0..<saved.pairs).map { try vector("change_\($0)") }
        (iteration, value, step, search) = (saved.iteration, saved.value, saved.step, saved.search)
        stalled = saved.stalled
        request =
            saved.isDone
            ? .done(value: value, iterations: iteration, hasConverged: saved.hasConverged) : .evaluate(on: .all)
    }
}
