import ApusCore

/// Float and Double, the numbers of the dense kernels.
public protocol DenseElement: BinaryFloatingPoint, BitwiseCopyable, Sendable, SIMDScalar, Codable {
    /// As many as a row of the Swift product's tile holds: 32 bytes.
    associatedtype Lanes: SIMD where Lanes.Scalar == Self
    /// The C kernels of this precision.
    static var library: LibraryRoutines<Self> { get }
    /// Their pure-Swift twins, compiled for this precision.
    static var twins: TwinRoutines<Self> { get }
}

extension Float: DenseElement {
    /// Eight.
    public typealias Lanes = SIMD8<Float>
}

extension Double: DenseElement {
    /// Four.
    public typealias Lanes = SIMD4<Double>
}
