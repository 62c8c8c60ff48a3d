import ApusCore

extension Column {
    /// Writes the values of some rows as doubles, `stride` apart: categories as codes, NaN for missing.
    func write(_ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, stride: Int) {
        switch storage {
        case .double(let values):
            let values = values.unsafePointer + rows.lowerBound
            for row in 0..<rows.count { target[row * stride] = values[row] }
        case .float(let values):
            let values = values.unsafePointer + rows.lowerBound
            for row in 0..<rows.count { target[row * stride] = Double(values[row]) }
        case .integer(let values), .timestamp(let values):
            let values = values.unsafePointer + rows.lowerBound
            for row in 0..<rows.count { target[row * stride] = Double(values[row]) }
            eraseMissing(rows, target, stride)
        case .flag(let bits):
            for row in 0..<rows.count { target[row * stride] = bits[rows.lowerBound + row] ? 1 : 0 }
            eraseMissing(rows, target, stride)
        case .category(let codes, _):
            let codes = codes.unsafePointer + rows.lowerBound
            for row in 0..<rows.count { target[row * stride] = Double(codes[row]) }
            eraseMissing(rows, target, stride)
        case .text, .vector:
            for row in 0..<rows.count { target[row * stride] = .nan }
        }
    }

    private func eraseMissing(_ rows: Range<Int>, _ target: UnsafeMutablePointer<Double>, _ stride: Int) {
        guard let validity else { return }
        for row in 0..<rows.count where !validity[rows.lowerBound + row] { target[row * stride] = .nan }
    }
}
