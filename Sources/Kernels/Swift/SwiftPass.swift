import ApusCore
import Foundation

/// The pure-Swift twin of the fused passes: margin, loss and gradient row by row.
enum SwiftPass {
    static func linear(
        _ loss: Kernels.MarginLoss, _ rows: Int, _ width: Int, _ stride: Int, _ intercept: Double,
        _ x: UnsafePointer<Double>, _ targets: UnsafePointer<Double>, _ weights: UnsafePointer<Double>?,
        _ coefficients: UnsafeBufferPointer<Double>, _ sums: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows {
            let line = x + row * stride
            let z = (coefficients.baseAddress.map { SwiftProduct.dot(line, $0, width) } ?? 0) + intercept
            add(line, residual(loss, z, targets[row], weights?[row] ?? 1, sums + width), width, to: sums)
        }
    }

    /// The same of columns, standardised on the way; `rows` of them, `targets` and `weights` from the first on.
    static func columns(
        _ loss: Kernels.MarginLoss, _ source: StandardizedColumns, _ rows: Range<Int>, _ intercept: Double,
        _ targets: UnsafePointer<Double>, _ weights: UnsafePointer<Double>?, _ coefficients: [Double],
        _ residuals: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>
    ) {
        let width = source.columns.count
        for row in 0..<rows.count { residuals[row] = intercept }
        for (column, values) in source.columns.enumerated() {
            let (x, mean) = (values.unsafePointer + rows.lowerBound, source.means[column])
            let factor = source.scales[column] * coefficients[column]
            for row in 0..<rows.count { residuals[row] += (x[row] - mean) * factor }
        }
        for row in 0..<rows.count {
            residuals[row] = residual(loss, residuals[row], targets[row], weights?[row] ?? 1, sums + width)
        }
        for (column, values) in source.columns.enumerated() {
            let (x, mean) = (values.unsafePointer + rows.lowerBound, source.means[column])
            var sum = 0.0
            for row in 0..<rows.count { sum += residuals[row] * (x[row] - mean) }
            sums[column] += sum * source.scales[column]
        }
    }

    /// weight · dloss/dz; adds the loss and it to the two sums.
    @inline(__always)
    static func residual(
        _ loss: Kernels.MarginLoss, _ z: Double, _ y: Double, _ weight: Double, _ sums: UnsafeMutablePointer<Double>
    ) -> Double {
        var residual: Double
        switch loss {
        case .squared:
            residual = z - y
            sums[0] += weight * 0.5 * residual * residual
        case .logistic:
            residual = probability(z) - y
            sums[0] += weight * (max(z, 0) - z * y + log1p(exp(-abs(z))))
        }
        residual *= weight
        sums[1] += residual
        return residual
    }

    static func softmax(
        _ rows: Int, _ width: Int, _ stride: Int, _ ld: Int, _ x: UnsafePointer<Double>,
        _ labels: UnsafePointer<Int32>, _ weights: UnsafePointer<Double>?, _ coefficients: [Double], _ classes: Int,
        _ margins: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>
    ) {
        coefficients.withUnsafeBufferPointer { parameters in
            let classSums = sums + classes * width
            for row in 0..<rows {
                let line = x + row * stride
                for k in 0..<classes {
                    if let base = parameters.baseAddress {
                        margins[k * ld + row] += SwiftProduct.dot(base + k * width, line, width)
                    }
                }
            }
            softmaxResiduals(rows, classes, ld, labels, weights, margins, classSums)
            for row in 0..<rows {
                for k in 0..<classes { add(x + row * stride, margins[k * ld + row], width, to: sums + k * width) }
            }
        }
    }

    /// Residuals in place of margins, `(classes, rows)`; adds their sums, and the loss behind these, to `sums`.
    static func softmaxResiduals(
        _ rows: Int, _ classes: Int, _ ld: Int, _ labels: UnsafePointer<Int32>, _ weights: UnsafePointer<Double>?,
        _ margins: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows {
            let label = Int(labels[row])
            let weight = weights?[row] ?? 1
            var greatest = -Double.infinity
            for k in 0..<classes { greatest = max(greatest, margins[k * ld + row]) }
            let own = margins[label * ld + row]
            var total = 0.0
            for k in 0..<classes {
                let e = exp(margins[k * ld + row] - greatest)
                margins[k * ld + row] = e
                total += e
            }
            sums[classes] += weight * (greatest + log(total) - own)
            for k in 0..<classes {
                let residual = weight * (margins[k * ld + row] / total - (k == label ? 1 : 0))
                margins[k * ld + row] = residual
                sums[k] += residual
            }
        }
    }

    /// Softmax over `classes` rows of `rows` margins, in place.
    static func softmax(_ rows: Int, _ classes: Int, _ margins: inout [Double]) {
        for row in 0..<rows {
            var greatest = -Double.infinity
            for k in 0..<classes { greatest = max(greatest, margins[k * rows + row]) }
            var total = 0.0
            for k in 0..<classes {
                margins[k * rows + row] = exp(margins[k * rows + row] - greatest)
                total += margins[k * rows + row]
            }
            for k in 0..<classes { margins[k * rows + row] /= total }
        }
    }

    static func probability(_ z: Double) -> Double {
        let t = exp(-abs(z))
        return z < 0 ? t / (1 + t) : 1 / (1 + t)
    }

    private static func add(
        _ line: UnsafePointer<Double>, _ factor: Double, _ width: Int, to sums: UnsafeMutablePointer<Double>
    ) {
        for column in 0..<width { sums[column] += factor * line[column] }
    }
}
