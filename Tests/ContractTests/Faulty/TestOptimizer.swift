import ApusCore

/// How the test optimizer breaks the rules for optimizers.
enum OptimizerFault: String, Fault, Codable {
    case none
    case convergesAtOnce = "optimizer 1"
    case reportsTheStart = "optimizer 2"
    case drawsSteps = "optimizer 3"
    case forgetsItsStep = "optimizer 4"
    case trustsSnapshots = "optimizer 5"
    case convergesOnNaN = "optimizer 6"
    case neverEnds = "optimizer 7"
    case takesAnyGradient = "optimizer 8"

    var rule: String? { self == .none ? nil : rawValue }
}

/// Gradient descent whose step grows by a tenth after each success and is halved after each failure. Right in every
/// respect unless it is given a fault.
struct TestOptimizer: Optimizer {
    static let descriptor = Descriptor(id: "optimizer.test", summary: "Gradient descent with a step that adapts")

    @Parameter("Which rule to break.") var fault = OptimizerFault.none

    func start(dimension: Int) -> any OptimizerSession { TestOptimizerSession(fault, dimension: dimension) }
}

/// One descent.
struct TestOptimizerSession: OptimizerSession {
    private struct Memory: Codable {
        var fault: OptimizerFault
        var point: [Double]
        var value: Double
        var gradient: [Double]
        var step: Double
        var iteration: Int
        var hasBegun: Bool
    }

    private var memory: Memory
    private var end: Bool?

    init(_ fault: OptimizerFault, dimension: Int) {
        let zeros = [Double](repeating: 0, count: dimension)
        memory = Memory(
            fault: fault, point: zeros, value: .infinity, gradient: zeros,
            step: fault == .drawsSteps ? 1e-3 / Double(SharedState.next()) : 1e-3, iteration: 0, hasBegun: false)
    }

    var iteration: Int { memory.iteration }

    var request: OptimizerRequest {
        if let end {
            let value = memory.fault == .reportsTheStart ? memory.value + 1 : memory.value
            return .done(value: value, iterations: memory.iteration, hasConverged: end)
        }
        return .evaluate(on: .all)
    }

    mutating func tell(value: Double, gradient: [Double], at point: inout [Double]) throws -> OptimizerRequest {
        if end != nil { return request }
        guard gradient.count == memory.point.count || memory.fault == .takesAnyGradient else {
            throw ApusError("a gradient of \(gradient.count) for \(memory.point.count) variables")
        }
        let isFinite = value.isFinite && gradient.allSatisfy(\.isFinite)
        if !isFinite, memory.fault == .convergesOnNaN { end = true }
        if !isFinite, !memory.hasBegun { throw ApusError("the start is not finite") }
        memory.iteration += 1
        if isFinite, value < memory.value {
            (memory.point, memory.value, memory.gradient) = (point, value, gradient)
            memory.step *= memory.hasBegun ? 1.1 : 1
            memory.hasBegun = true
        } else {
            memory.step /= 2
        }
        if isFinite, gradient.allSatisfy({ abs($0) < 1e-7 }) { end = true }
        if memory.fault == .convergesAtOnce, memory.iteration > 2 { end = true }
        if memory.iteration > 5000, memory.fault != .neverEnds { end = end ?? false }
        point =
            end == nil ? zip(memory.point, memory.gradient).map { $0 - memory.step * $1 } : memory.point
        return request
    }

    func snapshot() throws -> State {
        var kept = memory
        if kept.fault == .forgetsItsStep { kept.step = 1e-3 }
        return try State(of: TestOptimizer.self, kept)
    }

    mutating func restore(_ state: State) throws {
        do {
            memory = try state.decode()
        } catch  where memory.fault == .trustsSnapshots {
            return
        }
        end = nil
    }
}
