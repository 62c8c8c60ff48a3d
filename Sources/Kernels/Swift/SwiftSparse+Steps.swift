import ApusCore

/// The pure-Swift twin of steps along sparse rows.
extension SwiftSparse {
    static func stepMargins(
        _ x: SparseRows, _ rows: UnsafePointer<Int64>, _ count: Int, _ factor: Double, _ taken: Double,
        _ intercepts: [Double], _ takings: UnsafeMutablePointer<Double>?, _ held: UnsafeMutablePointer<Double>,
        _ margins: UnsafeMutablePointer<Double>
    ) {
        let scores = intercepts.count
        for i in 0..<count {
            let row = Int(rows[i])
            if let takings { settle(x, row, scores, taken, takings, held) }
            for score in 0..<scores {
                var sum = 0.0
                self.margins(1, x.entries(from: row), held + score * x.width, &sum)
                margins[i * scores + score] = factor * sum + intercepts[score]
            }
        }
    }

    private static func settle(
        _ x: SparseRows, _ row: Int, _ scores: Int, _ taken: Double, _ takings: UnsafeMutablePointer<Double>,
        _ held: UnsafeMutablePointer<Double>
    ) {
        let indices = x.indices.unsafePointer
        for entry in x.entries(of: row) {
            let element = Int(indices[entry])
            let due = taken - takings[element]
            takings[element] = taken
            for place in stride(from: element, to: scores * x.width, by: x.width) {
                held[place] = Double(signOf: held[place], magnitudeOf: max(0, abs(held[place]) - due))
            }
        }
    }

    static func take(
        _ x: SparseRows, _ rows: UnsafePointer<Int64>, _ count: Int, _ scores: Int, _ share: Double,
        _ residuals: UnsafePointer<Double>, _ held: UnsafeMutablePointer<Double>
    ) {
        let (indices, values) = (x.indices.unsafePointer, x.values.unsafePointer)
        for i in 0..<count {
            let entries = x.entries(of: Int(rows[i]))
            for score in 0..<scores {
                let step = share * residuals[i * scores + score]
                let coefficients = held + score * x.width
                for entry in entries { coefficients[Int(indices[entry])] -= step * values[entry] }
            }
        }
    }
}
