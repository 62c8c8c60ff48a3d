import ApusCore
import ApusOptimizers
import Foundation
import Testing

struct LBFGSTests {
    @Test(arguments: [2, 10, 100])
    func `it finds the bottom of Rosenbrock's valley`(dimension: Int) throws {
        var learner = LBFGS()
        learner.tol = 1e-10
        let found = try minimise(learner, from: (0..<dimension).map { $0 % 2 == 0 ? -1.2 : 1 }, rosenbrock)
        #expect(found.hasConverged == true && found.evaluations < 100)
        for value in found.point { #expect(abs(value - 1) < 1e-9) }
    }

    @Test func `a start at the minimum is its answer`() throws {
        let found = try minimise(LBFGS(), from: [1, 1], rosenbrock)
        #expect(found.point == [1, 1] && found.evaluations == 1 && found.hasConverged == true)
    }

    @Test func `regions without a value are kept out of`() throws {
        // −log x + x is defined above 0 only.
        let found = try minimise(LBFGS(), from: [1e-3]) { x in
            x[0] > 0 ? (x[0] - log(x[0]), [1 - 1 / x[0]]) : (.nan, [.nan])
        }
        #expect(abs(found.point[0] - 1) < 1e-5)
    }

    @Test func `a start without a value is an error, and so is a gradient of another length`() throws {
        var session = LBFGS().start(dimension: 1)
        var point = [0.0]
        #expect(throws: ApusError.self) { try session.tell(value: .nan, gradient: [1], at: &point) }
        #expect(throws: ApusError.self) { try session.tell(value: 1, gradient: [1, 2], at: &point) }
    }

    @Test func `an iteration limit ends without convergence`() throws {
        var learner = LBFGS()
        learner.maxIter = 3
        let found = try minimise(learner, from: [-1.2, 1], rosenbrock)
        #expect(found.hasConverged == false && found.iterations == 3)
    }

    @Test(arguments: [0, 1, 2, 7, 20, 33])
    func `a restored session continues bit for bit`(evaluations: Int) throws {
        let start = [-1.2, 1, -1, 0.5]
        let expected = try minimise(LBFGS(), from: start, rosenbrock)
        var first = LBFGS().start(dimension: 4)
        let unfinished = try minimise(&first, from: start, limit: evaluations, rosenbrock)
        #expect(unfinished.hasConverged == nil)
        var second = LBFGS().start(dimension: 4)
        try second.restore(try first.snapshot())
        let found = try minimise(&second, from: unfinished.point, rosenbrock)
        #expect(found.point == expected.point && found.evaluations == expected.evaluations - evaluations)
        var other = LBFGS().start(dimension: 1)
        let checkpoint = try first.snapshot()
        if evaluations > 0 { #expect(throws: ApusError.self) { try other.restore(checkpoint) } }
    }
}
