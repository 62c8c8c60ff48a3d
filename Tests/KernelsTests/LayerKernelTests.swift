import ApusCore
import ApusKernels
import Foundation
import Testing

@Suite struct LayerKernelTests {
    static let variants: [LayerKernels] = [LayerKernels(.swift)] + (0...2).compactMap { LayerKernels(level: $0) }
    static let activations: [(kind: LayerKernels.Activation, value: @Sendable (Double) -> Double)] = [
        (.identity, { $0 }), (.relu, { max($0, 0) }), (.tanh, { tanh($0) }),
        (.gelu, { 0.5 * $0 * erfc(-$0 / 2.0.squareRoot()) }),
    ]

    private func draws(_ purpose: String, _ count: Int, _ size: Double = 2) -> [Float] {
        let random = CounterRandom(seed: 5, purpose: purpose)
        return (0..<count).map { Float((2 * random.unit($0) - 1) * size) }
    }

    /// Single precision carries 6e-8; the series for GELU and the tangent are good to 2e-7.
    @Test(arguments: 0..<4, [(1, 1), (3, 7), (5, 64), (2, 100)])
    func `activations are their formulas`(which: Int, size: (rows: Int, width: Int)) {
        let (kind, value) = Self.activations[which]
        let (rows, width) = size
        let bias = draws("bias", width)
        for range in [0.01, 2, 12, 1e4] {
            let z = draws("z", rows * width, range)
            for kernels in Self.variants {
                var (sums, outputs) = (z, [Float](repeating: .nan, count: rows * width))
                kernels.activate(kind, rows, width, bias: bias, &sums, &outputs)
                for place in z.indices {
                    let sum = z[place] + bias[place % width]
                    #expect(sums[place] == sum)
                    #expect(abs(Double(outputs[place]) - value(Double(sum))) <= 4e-7 * max(1, abs(Double(sum))))
                }
                // In place.
                var again = z
                again.withUnsafeMutableBufferPointer {
                    if let base = $0.baseAddress { kernels.activate(kind, rows, width, bias: bias, base, base) }
                }
                #expect(again == outputs)
            }
        }
    }

    /// The tangent and GELU near 0 keep their relative accuracy.
    @Test func `small arguments lose no digits`() {
        for kernels in Self.variants {
            var z = (0..<64).map { Float(1e-6 * Double($0 + 1)) }
            let x = z
            var a = z
            kernels.activate(.tanh, 1, 64, bias: nil, &z, &a)
            for (found, x) in zip(a, x) { #expect(abs(found / x - 1) < 1e-6) }
        }
    }

    @Test(arguments: 0..<4) func `derivatives are slopes of the formulas`(which: Int) {
        let (kind, value) = Self.activations[which]
        let z = draws("slope", 203, 4)
        for kernels in Self.variants {
            var (sums, a) = (z, z)
            kernels.activate(kind, 1, 203, bias: nil, &sums, &a)
            var gradient = draws("upstream", 203)
            let upstream = gradient
            kernels.activateBackward(kind, 203, z, a, &gradient)
            for place in z.indices where abs(z[place]) > 1e-3 {
                let (x, h) = (Double(z[place]), 1e-6)
                let slope = (value(x + h) - value(x - h)) / (2 * h)
                #expect(abs(Double(gradient[place]) - slope * Double(upstream[place])) < 3e-6)
            }
        }
    }

    @Test(arguments: [0, 1, 7, 64, 1003], [false, true])
    func `gradients are widened, penalised or added, and measured`(count: Int, adding: Bool) {
        let (made, weights) = (draws("made", count + 1), draws("weights", count + 1))
        let start = draws("start", count + 1).map(Double.init)
        for kernels in Self.variants {
            var gradient = start
            let squares = kernels.takeGradient(count, adding: adding, penalty: 0.3, made, weights: weights, &gradient)
            var (ofWeights, ofGradient) = (0.0, 0.0)
            for place in 0..<count {
                let wanted = Double(made[place]) + (adding ? start[place] : 0.3 * Double(weights[place]))
                #expect(abs(gradient[place] - wanted) <= 1e-15 * 4)
                ofWeights += Double(weights[place] * weights[place])
                ofGradient += gradient[place] * gradient[place]
            }
            #expect(abs(squares.weights - ofWeights) <= 1e-6 * max(1, ofWeights))
            #expect(abs(squares.gradient - ofGradient) <= 1e-13 * max(1, ofGradient))
            #expect(gradient[count] == start[count])
        }
    }

    @Test func `NaN is not hidden by an activation`() {
        for kernels in Self.variants {
            for (kind, _) in Self.activations {
                var (z, a) = ([Float.nan, 1], [Float](repeating: 0, count: 2))
                kernels.activate(kind, 1, 2, bias: nil, &z, &a)
                #expect(a[0].isNaN && !a[1].isNaN)
            }
        }
    }

    @Test(arguments: [(1, 1, 1), (4, 3, 16), (5, 7, 17), (9, 100, 64), (66, 33, 40), (3, 0, 5), (0, 3, 4)])
    func `a product of rows does not depend on the rows around it`(size: (rows: Int, inputs: Int, outputs: Int)) {
        let (rows, inputs, outputs) = size
        let (x, w) = (draws("x", rows * inputs), draws("w", inputs * outputs))
        for kernels in Self.variants {
            var y = [Float](repeating: .nan, count: rows * outputs)
            kernels.rowsProduct(rows, inputs, outputs, x, w, &y)
            for row in 0..<rows {
                var alone = [Float](repeating: .nan, count: outputs)
                kernels.rowsProduct(1, inputs, outputs, Array(x[row * inputs..<(row + 1) * inputs]), w, &alone)
                #expect(alone == Array(y[row * outputs..<(row + 1) * outputs]))
                for column in 0..<outputs {
                    let exact = (0..<inputs).reduce(0.0) {
                        $0 + Double(x[row * inputs + $1]) * Double(w[$1 * outputs + column])
                    }
                    #expect(abs(Double(alone[column]) - exact) <= 1e-6 * Double(inputs + 1))
                }
            }
        }
    }

    @Test(arguments: [(1, 1), (3, 8), (7, 33)])
    func `layer norm and its way back are their formulas`(size: (rows: Int, width: Int)) {
        let (rows, width) = size
        let (x, gain, shift) = (draws("x", rows * width), draws("gain", width), draws("shift", width))
        let upstream = draws("upstream", rows * width)
        func normalized(_ row: [Double]) -> [Double] {
            let mean = row.reduce(0, +) / Double(width)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            return row.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
        }
        // Σ upstream · y of one row.
        func value(_ row: Int, _ values: [Double]) -> Double {
            let standard = normalized(values)
            return (0..<width).reduce(0) {
                $0 + Double(upstream[row * width + $1]) * (standard[$1] * Double(gain[$1]) + Double(shift[$1]))
            }
        }
        for kernels in Self.variants {
            var (standard, y) = (x, [Float](repeating: .nan, count: rows * width))
            var inverse = [Float](repeating: .nan, count: rows)
            kernels.normalize(rows, width, gain: gain, shift: shift, &standard, &inverse, &y)
            var gradient = upstream
            var (gains, shifts) = ([Float](repeating: 1, count: width), [Float](repeating: 2, count: width))
            kernels.normalizeBackward(
                rows, width, gain: gain, standard, inverse, &gradient, gainSums: &gains, shiftSums: &shifts)
            var (wantedGains, wantedShifts) = (
                [Double](repeating: 1, count: width), [Double](repeating: 2, count: width)
            )
            for row in 0..<rows {
                let values = (0..<width).map { Double(x[row * width + $0]) }
                let wanted = normalized(values)
                for j in 0..<width {
                    let place = row * width + j
                    #expect(abs(Double(standard[place]) - wanted[j]) < 1e-5)
                    #expect(abs(Double(y[place]) - wanted[j] * Double(gain[j]) - Double(shift[j])) < 1e-5)
                    wantedGains[j] += Double(upstream[place]) * wanted[j]
                    wantedShifts[j] += Double(upstream[place])
                    var (up, down) = (values, values)
                    up[j] += 1e-5
                    down[j] -= 1e-5
                    let slope = (value(row, up) - value(row, down)) / 2e-5
                    #expect(abs(Double(gradient[place]) - slope) < 1e-4 * max(1, Double(inverse[row])))
                }
            }
            for j in 0..<width {
                #expect(
                    abs(Double(gains[j]) - wantedGains[j]) < 1e-5 && abs(Double(shifts[j]) - wantedShifts[j]) < 1e-5)
            }
        }
    }

    @Test func `columns are added to what stands there`() {
        let x = draws("x", 6 * 37)
        for kernels in Self.variants {
            var sums = [Float](repeating: 1, count: 37)
            kernels.addColumns(6, 37, x, &sums)
            for j in 0..<37 {
                let wanted = (0..<6).reduce(Float(1)) { $0 + x[$1 * 37 + j] }
                #expect(sums[j] == wanted)
            }
        }
    }
}
