import ApusCore
import ApusKernels

/// An optimizer that makes one step along each gradient it is told, from vectors it remembers.
protocol SteppingOptimizer: Optimizer {
    /// Learning rate, schedule and limits.
    var descent: DescentParameters { get }
    /// Which rows it asks for.
    static var rows: OptimizerRequest.Rows { get }
    /// The names of the vectors it remembers, all 0 at first.
    static var memories: [String] { get }
    /// Moves `point` by one step, each variable by itself: a part of them is a step of its own.
    func step(_ step: Step, _ gradient: UnsafePointer<Double>, _ point: UnsafeMutablePointer<Double>)
}

/// What a step is made from, beside gradient and point.
struct Step {
    /// The number of this iteration, from 1.
    let number: Int
    /// Its learning rate.
    let rate: Double
    /// The number of variables.
    let count: Int
    /// The remembered vectors, in the order of their names, `stride` apart.
    let memory: UnsafeMutablePointer<Double>
    let stride: Int

    /// One remembered vector.
    func memory(_ index: Int) -> UnsafeMutablePointer<Double> { memory + index * stride }
}

extension SteppingOptimizer {
    static var rows: OptimizerRequest.Rows { .batch }
    static var memories: [String] { [] }

    /// A session that minimises a function of `dimension` variables.
    public func start(dimension: Int) -> any OptimizerSession { start(dimension: dimension, threads: 1) }

    /// A session that minimises a function of `dimension` variables by steps on so many threads.
    public func start(dimension: Int, threads: Int) -> any OptimizerSession {
        SteppingSession(self, dimension: dimension, Kernels(threads: threads))
    }
}
