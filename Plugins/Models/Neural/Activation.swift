import ApusCore
import ApusKernels

/// What stands behind the sums of a hidden layer.
public enum Activation: String, ParameterChoice, Codable {
    /// max(x, 0)
    case relu
    /// x · Φ(x), Φ the normal distribution function
    case gelu
    /// The hyperbolic tangent.
    case tanh

    var kernel: LayerKernels.Activation {
        switch self {
        case .relu: .relu
        case .gelu: .gelu
        case .tanh: .tanh
        }
    }
}
