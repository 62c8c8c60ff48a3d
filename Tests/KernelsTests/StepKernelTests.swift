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

    @Test(arguments: [0, 1, 7, 8, 1003]) func `steps of Adam have the bits of their formula`(count: Int) {
        let random = CounterRandom(seed: 6, purpose: "adam")
        func draw(_ place: Int) -> [Double] { (0...count).map { random.unit(2_000 * place + $0) - 0.5 } }
        let (gradient, means, start) = (draw(0), draw(1), draw(2))
        let squares = draw(3).map { abs($0) < 0.1 ? 1e-300 : abs($0) }
        let step = StepKernels.Adam(
            beta1: 0.9, beta2: 0.999, rate: 0.1, scale: 1.5, eps: 1e-8, keep: 0.99, decay: 0.2)
        for backend in Backend.allCases {
            var (m, s, x) = (means, squares, start)
            StepKernels.adam(count, step, gradient, means: &m, squares: &s, point: &x, backend: backend)
            for place in 0..<count {
                let g = gradient[place] + 0.2 * start[place]
                let mean = 0.9 * means[place] + (1 - 0.9) * g
                let square = 0.999 * squares[place] + (1 - 0.999) * (g * g)
                #expect(m[place] == mean && s[place] == square)
                #expect(x[place] == 0.99 * start[place] - 0.1 * mean / (square.squareRoot() * 1.5 + 1e-8))
            }
            #expect(m[count] == means[count] && s[count] == squares[count] && x[count] == start[count])
        }
    }

    @Test func `the largest magnitude is found wherever it stands, and nothing that is not finite is lost`() {
        let random = CounterRandom(seed: 6, purpose: "largest")
        for backend in Backend.allCases {
            #expect(StepKernels.largest(0, [1], backend: backend) == 0)
            for count in [1, 5, 8, 67] {
                for place in 0..<count {
                    for most in [-7.5, 7.5, .infinity, -.infinity] {
                        var x = (0..<count).map { random.unit($0) - 0.5 }
                        x[place] = most
                        #expect(StepKernels.largest(count, x, backend: backend) == abs(most))
                        x[(place + 1) % count] = .nan
                        #expect(StepKernels.largest(count, x, backend: backend).isNaN)
                    }
                }
            }
        }
    }
}
