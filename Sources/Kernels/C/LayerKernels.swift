import ApusCore
import CKernels

/// What a layer of a network does to a block of rows in single precision. Called from inside parallel regions: nothing
/// here starts threads. Matrices are row-major without gaps; pointers must hold what the sizes say.
package struct LayerKernels: LeveledKernels {
    /// What stands behind a layer's sums.
    package enum Activation: Sendable {
        case identity, relu, tanh, gelu

        fileprivate var code: ck_activation {
            switch self {
            case .identity: CK_ACTIVATION_IDENTITY
            case .relu: CK_ACTIVATION_RELU
            case .tanh: CK_ACTIVATION_TANH
            case .gelu: CK_ACTIVATION_GELU
            }
        }
    }

    package typealias Input = UnsafePointer<Float>
    package typealias Output = UnsafeMutablePointer<Float>

    /// Which implementation runs.
    package let backend: Backend
    private let level: ck_cpu_level

    package init(backend: Backend, level: UInt32) {
        self.backend = backend
        self.level = ck_cpu_level(rawValue: level)
    }

    /// c = a · b without gaps, on this thread. Sizes must be below 2³¹.
    package func multiply(_ a: MatrixView<Float>, _ b: MatrixView<Float>, into c: Output) {
        switch backend {
        case .c: _ = Float.library.multiply(a, b, false, c, b.columns)
        case .swift: Float.twins.multiply(a, b, false, c, b.columns)
        }
    }

    /// y (rows × outputs) = x (rows × inputs) · w; a row's result does not depend on the rows around it, to the last bit.
    package func rowsProduct(_ rows: Int, _ inputs: Int, _ outputs: Int, _ x: Input, _ w: Input, _ y: Output) {
        switch backend {
        case .c: ck_rows_product(level, rows, inputs, outputs, x, w, y)
        case .swift: SwiftLayers.rowsProduct(rows, inputs, outputs, x, w, y)
        }
    }

    /// z (rows × width) += bias, then a = activation(z); `a` may be `z`.
    package func activate(_ kind: Activation, _ rows: Int, _ width: Int, bias: Input?, _ z: Output, _ a: Output) {
        switch backend {
        case .c: ck_activate(level, kind.code, rows, width, bias, z, a)
        case .swift: SwiftLayers.activate(kind, rows, width, bias, z, a)
        }
    }

    /// gradient *= the activation's derivative where it took z (read for GELU alone) to a (read for the others).
    package func activateBackward(_ kind: Activation, _ count: Int, _ z: Input, _ a: Input, _ gradient: Output) {
        switch backend {
        case .c: ck_activate_backward(level, kind.code, count, z, a, gradient)
        case .swift: SwiftLayers.activateBackward(kind, count, z, a, gradient)
        }
    }

    /// sums[j] += Σ x[i][j], rows in order.
    package func addColumns(_ rows: Int, _ width: Int, _ x: Input, _ sums: Output) {
        switch backend {
        case .c: ck_add_columns(level, rows, width, x, sums)
        case .swift: SwiftLayers.addColumns(rows, width, x, sums)
        }
    }

    /// gradient = made + penalty · weights, or += made where `adding`; returns Σ weights² and Σ gradient².
    package func takeGradient(
        _ count: Int, adding: Bool, penalty: Double, _ made: Input, weights: Input,
        _ gradient: UnsafeMutablePointer<Double>
    ) -> (weights: Double, gradient: Double) {
        switch backend {
        case .c:
            var squares = (0.0, 0.0)
            withUnsafeMutableBytes(of: &squares) { squares in
                guard let target = squares.baseAddress?.assumingMemoryBound(to: Double.self) else { return }
                ck_take_gradient(level, adding ? 1 : 0, count, penalty, made, weights, gradient, target)
            }
            return squares
        case .swift: return SwiftLayers.takeGradient(count, adding, penalty, made, weights, gradient)
        }
    }

    /// x becomes (x − mean) · inverse row by row, inverse = 1 / √(variance + 1e-5); y = x · gain + shift.
    package func normalize(
        _ rows: Int, _ width: Int, gain: Input, shift: Input, _ x: Output, _ inverse: Output, _ y: Output
    ) {
        switch backend {
        case .c: ck_layer_norm(level, rows, width, gain, shift, x, inverse, y)
        case .swift: SwiftLayers.normalize(rows, width, gain, shift, x, inverse, y)
        }
    }

    /// From the gradient by y to the one by the x that `normalize` was given, in place; `x` and `inverse` are what it
    /// left. Adds to the gradients by gain and shift.
    package func normalizeBackward(
        _ rows: Int, _ width: Int, gain: Input, _ x: Input, _ inverse: Input, _ gradient: Output, gainSums: Output,
        shiftSums: Output
    ) {
        switch backend {
        case .c: ck_layer_norm_backward(level, rows, width, gain, x, inverse, gradient, gainSums, shiftSums)
        case .swift: SwiftLayers.normalizeBackward(rows, width, gain, x, inverse, gradient, gainSums, shiftSums)
        }
    }
}
