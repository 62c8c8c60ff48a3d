import ApusCore
import ApusKernels
import Testing

@Suite struct StepKernelTests {
    @Test(arguments: [0, 1, 7, 8, 1003]) func `scaled steps have the same bits on both backends`(count: Int) {
        let random = CounterRandom(seed: 6, purpose: "steps")
        let along = (0...count).map { random.unit($0) - 0.5 }
        let squares = (0...count).map { random.unit(2_000 + $0) * ($0 % 5 == 0 ? 1e-12 : 3) }
        let start = (0...count).map { random.unit(4_000 + $0) - 0.5 }
        let found = Backend.allCases.map { backend in
            var point = start
            StepKernels.scaled(
                count, rate: 0.1, scale: 1.5, eps: 1e-8, keep: 0.99, decay: 0.2, along: along, squares: squares,
                point: &point, backend: backend)
            return point
        }
        #expect(found[0] == found[1])
        for place in 0..<count {
            let root = squares[place].squareRoot() * 1.5 + 1e-8
            let wanted = 0.99 * start[place] - 0.1 * (along[place] + 0.2 * start[place]) / root
            #expect(found[0][place] == wanted)
        }
        #expect(found[0][count] == start[count])
    }
}
