/// A part of the kernel benchmark.
public enum KernelPart: String, CaseIterable, Sendable {
    /// Products of dense matrices.
    case products
    /// Factors and spectra of square matrices.
    case factors
    /// Passes over tables of numbers.
    case passes
    /// Steps of optimizers and of stochastic gradient descent.
    case descent
    /// Growing boosted trees.
    case trees
    /// Prediction by trees.
    case forests
    /// Passes over sparse rows.
    case sparse

    /// Its kernels at all sizes, or at small ones alone; their data takes up to a gigabyte while they are held.
    package func cases(isQuick: Bool) throws -> [KernelCase] {
        switch self {
        case .products: KernelCases.products(isQuick ? [64, 512] : [64, 256, 1024])
        case .factors: try KernelCases.factors(isQuick ? [100] : [100, 500])
        case .passes: try KernelCases.passes(isQuick ? [100_000] : [100_000, 500_000], columns: 100)
        case .descent: KernelCases.descent(rows: 100_000, columns: 100)
        case .trees: KernelCases.trees(rows: 1_000_000)
        case .forests: KernelCases.forests(rows: isQuick ? 1 << 14 : 1 << 17)
        case .sparse:
            try KernelCases.sparse(rows: isQuick ? 20_000 : 200_000, width: 100_000, entriesInRow: 100)
        }
    }
}
