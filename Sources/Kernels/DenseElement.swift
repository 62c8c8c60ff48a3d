import ApusCore
import CKernels

/// Float and Double, the numbers of the dense kernels.
public protocol DenseElement: BinaryFloatingPoint, BitwiseCopyable, Sendable, SIMDScalar, Codable {
    /// As many as a row of the Swift product's tile holds: 32 bytes.
    associatedtype Lanes: SIMD where Lanes.Scalar == Self
    /// c = a · b + beta · c by the C backend; 0 where that worked, else its status.
    static func gemm(
        _ a: MatrixView<Self>, _ b: MatrixView<Self>, _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ stride: Int
    ) -> Int32
}

extension Float: DenseElement {
    /// Eight.
    public typealias Lanes = SIMD8<Float>

    /// c = a · b + beta · c by the C backend; 0 where that worked, else its status.
    public static func gemm(
        _ a: MatrixView<Float>, _ b: MatrixView<Float>, _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ stride: Int
    ) -> Int32 {
        Int32(
            ck_sgemm(
                a.rows, b.columns, a.columns, a.stride, b.stride, stride, a.isTransposed ? 1 : 0,
                b.isTransposed ? 1 : 0,
                1, beta, a.pointer, b.pointer, c
            ).rawValue)
    }
}

extension Double: DenseElement {
    /// Four.
    public typealias Lanes = SIMD4<Double>

    /// c = a · b + beta · c by the C backend; 0 where that worked, else its status.
    public static func gemm(
        _ a: MatrixView<Double>, _ b: MatrixView<Double>, _ beta: Double, _ c: UnsafeMutablePointer<Double>,
        _ stride: Int
    ) -> Int32 {
        Int32(
            ck_dgemm(
                a.rows, b.columns, a.columns, a.stride, b.stride, stride, a.isTransposed ? 1 : 0,
                b.isTransposed ? 1 : 0,
                1, beta, a.pointer, b.pointer, c
            ).rawValue)
    }
}
