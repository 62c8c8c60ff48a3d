import Foundation

/// The pure-Swift twin of `ck_networks.h`.
enum SwiftLayers {
    typealias Input = UnsafePointer<Float>
    typealias Output = UnsafeMutablePointer<Float>

    static func activate(
        _ kind: LayerKernels.Activation, _ rows: Int, _ width: Int, _ bias: Input?, _ z: Output, _ a: Output
    ) {
        for row in 0..<rows {
            let (z, a) = (z + row * width, a + row * width)
            if let bias { for j in 0..<width { z[j] += bias[j] } }
            switch kind {
            case .identity: for j in 0..<width { a[j] = z[j] }
            case .relu: for j in 0..<width { a[j] = z[j] > 0 ? z[j] : z[j] * 0 }
            case .tanh: for j in 0..<width { a[j] = tanh(z[j]) }
            case .gelu: for j in 0..<width { a[j] = z[j] * normal(z[j]) }
            }
        }
    }

    static func activateBackward(
        _ kind: LayerKernels.Activation, _ count: Int, _ z: Input, _ a: Input, _ gradient: Output
    ) {
        switch kind {
        case .identity: break
        case .relu: for i in 0..<count { gradient[i] *= a[i] > 0 ? 1 : 0 }
        case .tanh: for i in 0..<count { gradient[i] *= 1 - a[i] * a[i] }
        case .gelu:
            for i in 0..<count {
                gradient[i] *= z[i] * 0.39894228 * exp(-0.5 * z[i] * z[i]) + normal(z[i])
            }
        }
    }

    /// The normal distribution function.
    private static func normal(_ x: Float) -> Float { 0.5 * erfc(-x * 0.70710678) }

    static func addColumns(_ rows: Int, _ width: Int, _ x: Input, _ sums: Output) {
        for row in 0..<rows {
            for j in 0..<width { sums[j] += x[row * width + j] }
        }
    }

    static func takeGradient(
        _ count: Int, _ adding: Bool, _ penalty: Double, _ made: Input, _ weights: Input,
        _ gradient: UnsafeMutablePointer<Double>
    ) -> (weights: Double, gradient: Double) {
        var (ofWeights, ofGradient) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
        let whole = count & ~3
        for place in stride(from: 0, to: whole, by: 4) {
            let weight = widened(weights + place)
            let target = UnsafeMutableRawPointer(gradient + place)
            let added = adding ? target.loadUnaligned(as: SIMD4<Double>.self) : penalty * weight
            let slope = widened(made + place) + added
            target.storeBytes(of: slope, as: SIMD4<Double>.self)
            ofWeights += weight * weight
            ofGradient += slope * slope
        }
        var sums = (weights: ofWeights.sum(), gradient: ofGradient.sum())
        for place in whole..<count {
            let weight = Double(weights[place])
            gradient[place] = Double(made[place]) + (adding ? gradient[place] : penalty * weight)
            sums.weights += weight * weight
            sums.gradient += gradient[place] * gradient[place]
        }
        return sums
    }

    @inline(__always)
    private static func widened(_ x: Input) -> SIMD4<Double> {
        SIMD4(Double(x[0]), Double(x[1]), Double(x[2]), Double(x[3]))
    }

    static func normalize(
        _ rows: Int, _ width: Int, _ gain: Input, _ shift: Input, _ x: Output, _ inverse: Output, _ y: Output
    ) {
        for row in 0..<rows {
            let (x, y) = (x + row * width, y + row * width)
            let mean = sum(width) { x[$0] } / Float(width)
            let variance = sum(width) { (x[$0] - mean) * (x[$0] - mean) } / Float(width)
            inverse[row] = 1 / (variance + 1e-5).squareRoot()
            for j in 0..<width {
                x[j] = (x[j] - mean) * inverse[row]
                y[j] = x[j] * gain[j] + shift[j]
            }
        }
    }

    static func normalizeBackward(
        _ rows: Int, _ width: Int, _ gain: Input, _ x: Input, _ inverse: Input, _ gradient: Output,
        _ gainSums: Output, _ shiftSums: Output
    ) {
        for row in 0..<rows {
            let (x, gradient) = (x + row * width, gradient + row * width)
            for j in 0..<width {
                gainSums[j] += gradient[j] * x[j]
                shiftSums[j] += gradient[j]
            }
            let mean = sum(width) { gradient[$0] * gain[$0] } / Float(width)
            let slope = sum(width) { gradient[$0] * gain[$0] * x[$0] } / Float(width)
            for j in 0..<width { gradient[j] = (gradient[j] * gain[j] - mean - x[j] * slope) * inverse[row] }
        }
    }

    static func rowsProduct(_ rows: Int, _ inputs: Int, _ outputs: Int, _ x: Input, _ w: Input, _ y: Output) {
        for row in 0..<rows {
            let (x, y) = (x + row * inputs, y + row * outputs)
            y.update(repeating: 0, count: outputs)
            for l in 0..<inputs {
                let line = w + l * outputs
                for j in 0..<outputs { y[j] += x[l] * line[j] }
            }
        }
    }

    /// In four lanes.
    @inline(__always)
    private static func sum(_ count: Int, _ value: (Int) -> Float) -> Float {
        var lanes = SIMD4<Float>.zero
        let whole = count & ~3
        for place in stride(from: 0, to: whole, by: 4) {
            lanes += SIMD4(value(place), value(place + 1), value(place + 2), value(place + 3))
        }
        return (whole..<count).reduce(lanes.sum()) { $0 + value($1) }
    }
}
