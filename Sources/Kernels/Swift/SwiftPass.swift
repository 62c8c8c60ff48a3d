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
            let y = targets[row]
            let weight = weights?[row] ?? 1
            var residual: Double
            switch loss {
            case .squared:
                residual = z - y
                sums[width] += weight * 0.5 * residual * residual
            case .logistic:
                residual = probability(z) - y
                sums[width] += weight * (max(z, 0) - z * y + log1p(exp(-abs(z))))
            }
            residual *= weight
            sums[width + 1] += residual
            add(line, residual, width, to: sums)
        }
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
                let label = Int(labels[row])
                let weight = weights?[row] ?? 1
                var greatest = -Double.infinity
                for k in 0..<classes {
                    if let base = parameters.baseAddress {
                        margins[k * ld + row] += SwiftProduct.dot(base + k * width, line, width)
                    }
                    greatest = max(greatest, margins[k * ld + row])
                }
                let own = margins[label * ld + row]
                var total = 0.0
                for k in 0..<classes {
                    let e = exp(margins[k * ld + row] - greatest)
                    margins[k * ld + row] = e
                    total += e
                }
                classSums[classes] += weight * (greatest + log(total) - own)
                for k in 0..<classes {
                    let residual = weight * (margins[k * ld + row] / total - (k == label ? 1 : 0))
                    classSums[k] += residual
                    add(line, residual, width, to: sums + k * width)
                }
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
