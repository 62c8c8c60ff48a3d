import CKernels

/// The C kernels of dense algebra in one precision, with the parameters of ck_blas.h: one body in Swift then serves both.
public struct LibraryRoutines<Element: DenseElement>: Sendable {
    package typealias In = UnsafePointer<Element>?
    package typealias Out = UnsafeMutablePointer<Element>?
    package typealias Integers = UnsafeMutablePointer<Int32>?

    package let gemm: @Sendable (Int, Int, Int, Int, Int, Int, Int32, Int32, Element, Element, In, In, Out) -> ck_status
    package let gemv: @Sendable (Int, Int, Int, Int32, Element, Element, In, In, Out) -> ck_status
    package let syrk: @Sendable (Int, Int, Int, Int, In, Out) -> ck_status
    package let trsm: @Sendable (Int, Int, Int, Int, Int32, Int32, In, Out) -> ck_status
    package let potrf: @Sendable (Int, Int, Out) -> ck_status
    package let pocon: @Sendable (Int, Int, Element, In, Out, Integers, Out) -> ck_status
    package let geqrf: @Sendable (Int, Int, Int, Out, Out, Out) -> ck_status
    package let geqp3: @Sendable (Int, Int, Int, Out, Integers, Out, Out) -> ck_status
    package let ormqr: @Sendable (Int, Int, Int, Int, Int, In, In, Out, Out) -> ck_status
    package let tzrzf: @Sendable (Int, Int, Int, Out, Out, Out) -> ck_status
    package let ormrz: @Sendable (Int, Int, Int, In, In, Out, Out) -> ck_status
    package let syevd: @Sendable (Int, Int, Out, Out, Out, Integers) -> ck_status
    package let gesdd: @Sendable (Int, Int, Int, Int, Int, Out, Out, Out, Out, Out, Integers) -> ck_status

    /// c = a · b, or c + a · b where `adding`; c has `stride` elements a row.
    func multiply(
        _ a: MatrixView<Element>, _ b: MatrixView<Element>, _ adding: Bool, _ c: UnsafeMutablePointer<Element>,
        _ stride: Int
    ) -> ck_status {
        gemm(
            a.rows, b.columns, a.columns, a.stride, b.stride, stride, a.isTransposed ? 1 : 0, b.isTransposed ? 1 : 0, 1,
            adding ? 1 : 0, a.pointer, b.pointer, c)
    }
}

extension Float {
    /// In single precision.
    public static let library = LibraryRoutines<Float>(
        gemm: ck_sgemm, gemv: ck_sgemv, syrk: ck_ssyrk, trsm: ck_strsm, potrf: ck_spotrf, pocon: ck_spocon,
        geqrf: ck_sgeqrf, geqp3: ck_sgeqp3, ormqr: ck_sormqr, tzrzf: ck_stzrzf, ormrz: ck_sormrz, syevd: ck_ssyevd,
        gesdd: ck_sgesdd)
}

extension Double {
    /// In double precision.
    public static let library = LibraryRoutines<Double>(
        gemm: ck_dgemm, gemv: ck_dgemv, syrk: ck_dsyrk, trsm: ck_dtrsm, potrf: ck_dpotrf, pocon: ck_dpocon,
        geqrf: ck_dgeqrf, geqp3: ck_dgeqp3, ormqr: ck_dormqr, tzrzf: ck_dtzrzf, ormrz: ck_dormrz, syevd: ck_dsyevd,
        gesdd: ck_dgesdd)
}
