import ApusCore
import CKernels

/// What stochastic gradient descent does with a few sparse rows in any order, on one thread; `ck_sparse.h` says how
/// coefficients are held. Pointers must hold what the sizes say.
package struct SparseStepKernels: LeveledKernels {
    /// Which implementation runs.
    package let backend: Backend
    private let level: ck_cpu_level

    package init(backend: Backend, level: UInt32) {
        self.backend = backend
        self.level = ck_cpu_level(rawValue: level)
    }

    /// Writes `(count, scores)` margins of `rows`, whose elements are brought up to date; `ahead` rows behind them are
    /// wanted next.
    package func margins(
        _ x: SparseRows, _ rows: UnsafePointer<Int64>, count: Int, ahead: Int, factor: Double, taken: Double,
        intercepts: [Double], takings: UnsafeMutablePointer<Double>?, held: UnsafeMutablePointer<Double>,
        into margins: UnsafeMutablePointer<Double>
    ) {
        switch backend {
        case .c:
            var entries = x.entriesOfC
            ck_sparse_steps_margins(
                level, count, min(count, ahead), intercepts.count, factor, taken, rows, &entries, intercepts, takings,
                held, margins)
        case .swift:
            SwiftSparse.stepMargins(x, rows, count, factor, taken, intercepts, takings, held, margins)
        }
        withExtendedLifetime(x) {}
    }

    /// held −= share · Σ residual · x, over `rows` in their order.
    package func take(
        _ x: SparseRows, _ rows: UnsafePointer<Int64>, count: Int, scores: Int, share: Double,
        residuals: UnsafePointer<Double>, held: UnsafeMutablePointer<Double>
    ) {
        switch backend {
        case .c:
            var entries = x.entriesOfC
            ck_sparse_steps_take(count, scores, share, rows, &entries, residuals, held)
        case .swift: SwiftSparse.take(x, rows, count, scores, share, residuals, held)
        }
        withExtendedLifetime(x) {}
    }
}

extension SparseRows {
    fileprivate var entriesOfC: ck_sparse_rows {
        ck_sparse_rows(
            offsets: offsets.unsafePointer, indices: indices.unsafePointer, values: values.unsafePointer, width: width)
    }
}
