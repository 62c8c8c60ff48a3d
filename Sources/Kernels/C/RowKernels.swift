import ApusCore
import CKernels

/// What a linear model does with a few rows of a matrix in any order, on one thread. Pointers must hold what the sizes
/// say.
package struct RowKernels: LeveledKernels {
    /// Rows of a row-major matrix.
    package struct Rows {
        let count: Int
        /// How many rows behind them are wanted next.
        let ahead: Int
        let columns: Int
        let stride: Int
        let rows: UnsafePointer<Int64>
        let x: UnsafePointer<Double>

        package init(
            count: Int, ahead: Int = 0, columns: Int, stride: Int, rows: UnsafePointer<Int64>, x: UnsafePointer<Double>
        ) {
            self.count = count
            self.ahead = min(ahead, count)
            self.columns = columns
            self.stride = stride
            self.rows = rows
            self.x = x
        }
    }

    /// Which implementation runs.
    package let backend: Backend
    private let level: ck_cpu_level

    package init(backend: Backend, level: UInt32) {
        self.backend = backend
        self.level = ck_cpu_level(rawValue: level)
    }

    /// margins[i · step] = x[rows[i]] · coefficients + intercept.
    package func margins(
        _ rows: Rows, coefficients: UnsafePointer<Double>, intercept: Double, step: Int,
        into margins: UnsafeMutablePointer<Double>
    ) {
        switch backend {
        case .c:
            ck_rows_margins(
                level, rows.count, rows.ahead, rows.columns, rows.stride, step, intercept, rows.rows, rows.x,
                coefficients, margins)
        case .swift:
            for i in 0..<rows.count {
                let line = rows.x + Int(rows.rows[i]) * rows.stride
                margins[i * step] = SwiftProduct.dot(line, coefficients, rows.columns) + intercept
            }
        }
    }

    /// coefficients = keep · coefficients − share · slopes, then nearer to 0 by `cut` without passing it.
    package func step(
        _ columns: Int, keep: Double, share: Double, cut: Double, slopes: UnsafePointer<Double>,
        _ coefficients: UnsafeMutablePointer<Double>
    ) {
        switch backend {
        case .c: ck_rows_step(level, columns, keep, share, cut, slopes, coefficients)
        case .swift:
            for place in 0..<columns {
                let moved = keep * coefficients[place] - share * slopes[place]
                let size = max(0, abs(moved) - cut)
                coefficients[place] = moved < 0 ? -size : size
            }
        }
    }

    /// gradient[j] = Σ residuals[i · step] · x[rows[i]][j]; returns Σ residuals.
    package func gradient(
        _ rows: Rows, residuals: UnsafePointer<Double>, step: Int, into gradient: UnsafeMutablePointer<Double>
    ) -> Double {
        switch backend {
        case .c:
            return ck_rows_gradient(
                level, rows.count, rows.columns, rows.stride, step, rows.rows, rows.x, residuals, gradient)
        case .swift:
            gradient.update(repeating: 0, count: rows.columns)
            var total = 0.0
            for i in 0..<rows.count {
                let (line, residual) = (rows.x + Int(rows.rows[i]) * rows.stride, residuals[i * step])
                total += residual
                for j in 0..<rows.columns { gradient[j] += residual * line[j] }
            }
            return total
        }
    }
}
