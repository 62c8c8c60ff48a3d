/// The pure-Swift twin of the kernels of sparse rows.
enum SwiftSparse {
    /// The entries of some rows.
    typealias Entries = (
        offsets: UnsafePointer<Int64>, indices: UnsafePointer<Int32>, values: UnsafePointer<Double>
    )

    static func margins(
        _ rows: Int, _ x: Entries, _ coefficients: UnsafePointer<Double>, _ margins: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows {
            // Four sums, as one would wait for each addition.
            var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
            var entry = Int(x.offsets[row])
            let end = Int(x.offsets[row + 1])
            while entry &+ 3 < end {
                a += x.values[entry] * coefficients[Int(x.indices[entry])]
                b += x.values[entry &+ 1] * coefficients[Int(x.indices[entry &+ 1])]
                c += x.values[entry &+ 2] * coefficients[Int(x.indices[entry &+ 2])]
                d += x.values[entry &+ 3] * coefficients[Int(x.indices[entry &+ 3])]
                entry &+= 4
            }
            while entry < end {
                a += x.values[entry] * coefficients[Int(x.indices[entry])]
                entry &+= 1
            }
            margins[row] += (a + b) + (c + d)
        }
    }

    static func sums(
        _ rows: Int, _ stride: Int, _ x: Entries, _ labels: UnsafePointer<Int32>?, _ factors: UnsafePointer<Double>?,
        _ sums: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows {
            let factor = factors?[row] ?? 1
            let target = sums + (labels.map { Int($0[row]) * stride } ?? 0)
            for entry in Int(x.offsets[row])..<Int(x.offsets[row + 1]) {
                target[Int(x.indices[entry])] += factor * x.values[entry]
            }
        }
    }

    static func squares(
        _ rows: Int, _ stride: Int, _ x: Entries, _ labels: UnsafePointer<Int32>?, _ factors: UnsafePointer<Double>?,
        _ means: UnsafePointer<Double>, _ weights: UnsafeMutablePointer<Double>,
        _ squares: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows {
            let factor = factors?[row] ?? 1
            let start = labels.map { Int($0[row]) * stride } ?? 0
            for entry in Int(x.offsets[row])..<Int(x.offsets[row + 1]) {
                let place = start + Int(x.indices[entry])
                let difference = x.values[entry] - means[place]
                weights[place] += factor
                squares[place] += factor * (difference * difference)
            }
        }
    }

    /// Residuals in place of margins; adds their loss and their sum to `sums`.
    static func residuals(
        _ loss: Kernels.MarginLoss, _ rows: Int, _ targets: UnsafePointer<Double>, _ weights: UnsafePointer<Double>?,
        _ margins: UnsafeMutablePointer<Double>, _ sums: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rows {
            margins[row] = SwiftPass.residual(loss, margins[row], targets[row], weights?[row] ?? 1, sums)
        }
    }

    static func sweep(
        _ places: UnsafeBufferPointer<Int32>, _ p: SparseDescent, _ l1: UnsafePointer<Double>,
        _ l2: UnsafePointer<Double>, _ u: UnsafeMutablePointer<Double>, _ residuals: UnsafeMutablePointer<Double>,
        _ shift: inout Double
    ) -> Double {
        let (offsets, indices) = (p.columns.offsets.unsafePointer, p.columns.indices.unsafePointer)
        let (values, weights) = (p.columns.values.unsafePointer, p.weights?.unsafePointer)
        var largest = 0.0
        for place in places {
            let k = Int(place)
            let whole = p.curvatures[k] + l2[k]
            guard whole > 0 else { continue }
            let entries = Int(offsets[k])..<Int(offsets[k + 1])
            var gradient = shift * p.total * p.means[k]
            for entry in entries {
                let row = Int(indices[entry])
                gradient += values[entry] * ((weights?[row] ?? 1) * residuals[row])
            }
            let value = gradient + p.curvatures[k] * u[k]
            var after = 0.0
            if value > l1[k] {
                after = (value - l1[k]) / whole
            } else if value < -l1[k], !p.isPositive {
                after = (value + l1[k]) / whole
            }
            let step = after - u[k]
            guard step != 0 else { continue }
            u[k] = after
            for entry in entries { residuals[Int(indices[entry])] -= step * values[entry] }
            shift += step * p.means[k]
            largest = max(largest, abs(step) * whole.squareRoot())
        }
        return largest
    }
}
