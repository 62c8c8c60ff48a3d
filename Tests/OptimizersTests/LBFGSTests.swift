import ApusCore
import ApusOptimizers
import Foundation
import Testing

struct LBFGSTests {
    /// Rosenbrock's valley in pairs of variables; least at all ones.
    static func rosenbrock(_ x: [Double]) -> (Double, [Double]) {
        var (value, gradient) = (0.0, [Double](repeating: 0, count: x.count))
        for i in stride(from: 0, to: x.count - 1, by: 2) {
            let (a, b) = (1 - x[i], x[i + 1] - x[i] * x[i])
            value += a * a + 100 * b * b
            gradient[i] = -2 * a - 400 * x[i] * b
            gradient[i + 1] = 200 * b
        }
        return (value, gradient)
    }

    static func run(
        _ session: inout any OptimizerSession, limit: Int = .max, _ function: ([Double]) -> (Double, [Double])
    ) throws -> (point: [Double], evaluations: Int, hasConverged: Bool)? {
        var request = session.request
        var evaluations = 0
        while true {
            switch request {
            case .evaluate(let point, _):
                if evaluations == limit { return nil }
                evaluations += 1
                let (value, gradient) = function(point)
                request = try session.tell(value: value, gradient: gradient)
            case .done(let point, _, _, let hasConverged): return (point, evaluations, hasConverged)
            }
        }
    }

    @Test(arguments: [2, 10, 100])
    func `it finds the bottom of Rosenbrock's valley`(dimension: Int) throws {
        var learner = LBFGS()
        learner.tol = 1e-10
        var session = learner.start(at: (0..<dimension).map { $0 % 2 == 0 ? -1.2 : 1 })
        let found = try #require(try Self.run(&session, Self.rosenbrock))
        #expect(found.hasConverged && found.evaluations < 100)
        for value in found.point { #expect(abs(value - 1) < 1e-9) }
    }

    @Test func `a start at the minimum is its answer`() throws {
        var session = LBFGS().start(at: [1, 1])
        let found = try #require(try Self.run(&session, Self.rosenbrock))
        #expect(found.point == [1, 1] && found.evaluations == 1 && found.hasConverged)
    }

    @Test func `regions without a value are kept out of`() throws {
        // −log x + x is defined above 0 only.
        var session = LBFGS().start(at: [1e-3])
        let found = try #require(
            try Self.run(&session) { x in x[0] > 0 ? (x[0] - log(x[0]), [1 - 1 / x[0]]) : (.nan, [.nan]) })
        #expect(abs(found.point[0] - 1) < 1e-5)
    }

    @Test func `a start without a value is an error, and so is a gradient of another length`() throws {
        var session = LBFGS().start(at: [0])
        #expect(throws: ApusError.self) { try session.tell(value: .nan, gradient: [1]) }
        #expect(throws: ApusError.self) { try session.tell(value: 1, gradient: [1, 2]) }
    }

    @Test func `an iteration limit ends without convergence`() throws {
        var learner = LBFGS()
        learner.maxIter = 3
        var session = learner.start(at: [-1.2, 1])
        let found = try #require(try Self.run(&session, Self.rosenbrock))
        #expect(!found.hasConverged)
        #expect(session.iteration == 3)
    }

    @Test(arguments: [0, 1, 2, 7, 20, 33])
    func `a restored session continues bit for bit`(evaluations: Int) throws {
        let start = [-1.2, 1, -1, 0.5]
        var whole = LBFGS().start(at: start)
        let expected = try #require(try Self.run(&whole, Self.rosenbrock))
        var first = LBFGS().start(at: start)
        let unfinished = try Self.run(&first, limit: evaluations, Self.rosenbrock)
        #expect(unfinished == nil)
        var second = LBFGS().start(at: start)
        try second.restore(try first.snapshot())
        let found = try #require(try Self.run(&second, Self.rosenbrock))
        #expect(found.point == expected.point && found.evaluations == expected.evaluations - evaluations)
        var other = LBFGS().start(at: [0])
        let checkpoint = try first.snapshot()
        #expect(throws: ApusError.self) { try other.restore(checkpoint) }
    }
}
