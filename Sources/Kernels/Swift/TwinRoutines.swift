import ApusCore

/// The pure-Swift twins of `LibraryRoutines`. Named here for each precision, the generic bodies are compiled for it: a
/// caller in another module would run them unspecialised, dozens of times slower.
public struct TwinRoutines<Element: DenseElement>: Sendable {
    package typealias View = MatrixView<Element>
    package typealias In = UnsafePointer<Element>
    package typealias Out = UnsafeMutablePointer<Element>

    package let multiply: @Sendable (View, View, Bool, Out, Int) -> Void
    package let addGram: @Sendable (Int, Int, Int, In, Out) -> Void
    package let solveTriangle: @Sendable (Int, Int, Bool, Bool, In, Out) -> Bool
    package let cholesky: @Sendable (Int, Out) -> Bool
    package let reciprocalCondition: @Sendable (Int, Buffer<Element>, Element) -> Element
    package let factor: @Sendable (Int, Int, inout [Element], inout [Element]) -> Void
    package let factorPivoting: @Sendable (Int, Int, inout [Element], inout [Element], inout [Int32]) -> Void
    package let applyTransposed: @Sendable (Int, Int, [Element], [Element], inout [Element]) -> Void
    package let leastNorm: @Sendable (Int, Int, [Element], inout [Element]) -> Void
    package let eigen: @Sendable (Int, Out, inout [Element]) -> Bool
    let singularValues:
        @Sendable (Matrix<Element>, inout [Element], inout ColumnMajor<Element>, inout ColumnMajor<Element>) -> Bool
}

extension Float {
    /// In single precision.
    public static let twins = TwinRoutines<Float>(
        multiply: SwiftProduct.multiply, addGram: SwiftProduct.addGram, solveTriangle: SwiftFactor.solveTriangle,
        cholesky: SwiftFactor.cholesky, reciprocalCondition: SwiftFactor.reciprocalCondition, factor: SwiftQR.factor,
        factorPivoting: SwiftQR.factorPivoting, applyTransposed: SwiftQR.applyTransposed, leastNorm: SwiftQR.leastNorm,
        eigen: SwiftEigen.decompose, singularValues: SwiftSingularValues.decompose)
}

extension Double {
    /// In double precision.
    public static let twins = TwinRoutines<Double>(
        multiply: SwiftProduct.multiply, addGram: SwiftProduct.addGram, solveTriangle: SwiftFactor.solveTriangle,
        cholesky: SwiftFactor.cholesky, reciprocalCondition: SwiftFactor.reciprocalCondition, factor: SwiftQR.factor,
        factorPivoting: SwiftQR.factorPivoting, applyTransposed: SwiftQR.applyTransposed, leastNorm: SwiftQR.leastNorm,
        eigen: SwiftEigen.decompose, singularValues: SwiftSingularValues.decompose)
}
