import ApusCore
import ApusKernels
import Foundation
import Testing

@Suite struct GradientKernelTests {
    static let variants: [GradientKernels] =
        [GradientKernels(.swift)] + (0...2).compactMap { GradientKernels(level: $0) }
    private let random = CounterRandom(seed: 9, purpose: "gradients")

    @Test func `exp and log are within 1e-15 of the C library's`() {
        for index in 0..<20_000 {
            let x = (random.unit(index) - 0.5) * (index % 3 == 0 ? 1400 : index % 3 == 1 ? 20 : 1e-3)
            #expect(abs(DeterministicMath.exp(x) / exp(x) - 1) < 1e-15)
            let y = exp(x)
            #expect(abs(DeterministicMath.log(y) - log(y)) <= 1e-15 * max(1, abs(log(y))))
        }
        #expect(DeterministicMath.exp(0) == 1 && DeterministicMath.log(1) == 0)
        #expect(DeterministicMath.exp(-1e9) > 0 && DeterministicMath.exp(1e9) < .infinity)
    }

    /// All variants give equal bits, and `expected` up to rounding.
    private func check(
        _ size: Int, _ run: (GradientKernels, GradientKernels.Outputs?) -> Double,
        expected: (loss: Double, gradients: [Double], hessians: [Double])
    ) {
        var first: (Double, [Double], [Double])?
        for kernels in Self.variants {
            var gradients = [Double](repeating: -7, count: size)
            var hessians = gradients
            let loss = gradients.withUnsafeMutableBufferPointer { gradients in
                hessians.withUnsafeMutableBufferPointer { hessians -> Double in
                    guard let g = gradients.baseAddress, let h = hessians.baseAddress else { return run(kernels, nil) }
                    return run(kernels, (g, h))
                }
            }
            #expect(loss == run(kernels, nil))
            if let first {
                #expect(first.0 == loss && first.1 == gradients && first.2 == hessians)
                continue
            }
            first = (loss, gradients, hessians)
            #expect(abs(loss - expected.loss) <= 1e-13 * max(1, abs(expected.loss)))
            for index in 0..<size {
                #expect(
                    abs(gradients[index] - expected.gradients[index]) <= 1e-13 * max(1, abs(expected.gradients[index])))
                #expect(abs(hessians[index] - expected.hessians[index]) <= 1e-13)
            }
        }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 1001], [false, true])
    func `squared error and logistic loss are their formulas`(count: Int, weighted: Bool) {
        let scores = (0..<count).map { (random.unit($0) - 0.5) * ($0 % 5 == 0 ? 80 : 6) }
        let weights = weighted ? (0..<count).map { random.unit($0 + 4000) * 2 } : nil
        let weight = { (row: Int) in weights?[row] ?? 1 }
        let targets = (0..<count).map { random.unit($0 + 8000) }
        check(
            count, { $0.squared(count, targets: targets, weights: weights, scores: scores, outputs: $1) },
            expected: (
                (0..<count).reduce(0) { $0 + weight($1) * 0.5 * pow(scores[$1] - targets[$1], 2) },
                (0..<count).map { weight($0) * (scores[$0] - targets[$0]) }, (0..<count).map(weight)
            ))
        let codes = (0..<count).map { Int32(random.below(2, $0 + 9000)) }
        let p = scores.map { 1 / (1 + exp(-$0)) }
        check(
            count, { $0.logistic(count, codes: codes, weights: weights, scores: scores, outputs: $1) },
            expected: (
                (0..<count).reduce(0) { sum, row in
                    sum + weight(row) * log1p(exp(codes[row] == 1 ? -scores[row] : scores[row]))
                }, (0..<count).map { weight($0) * (p[$0] - Double(codes[$0])) },
                (0..<count).map { weight($0) * max(1e-16, p[$0] * (1 - p[$0])) }
            ))
    }

    @Test(arguments: [0, 1, 9, 500], [2, 3, 10])
    func `softmax loss is its formula`(count: Int, classes: Int) {
        let scores = (0..<count * classes).map { (random.unit($0) - 0.5) * 10 }
        let codes = (0..<count).map { Int32(random.below(classes, $0 + 9000)) }
        var loss = 0.0
        var gradients: [Double] = []
        var hessians: [Double] = []
        for row in 0..<count {
            let e = (0..<classes).map { exp(scores[row * classes + $0]) }
            let sum = e.reduce(0, +)
            loss -= log(e[Int(codes[row])] / sum)
            for k in 0..<classes {
                let p = e[k] / sum
                gradients.append(p - (k == Int(codes[row]) ? 1 : 0))
                hessians.append(p * (1 - p) * Double(classes) / Double(classes - 1))
            }
        }
        check(
            count * classes,
            { $0.softmax(count, classes: classes, codes: codes, weights: nil, scores: scores, outputs: $1) },
            expected: (loss, gradients, hessians))
    }
}
