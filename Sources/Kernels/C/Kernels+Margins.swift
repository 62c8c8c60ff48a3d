import ApusCore
import CKernels

private let rowsInRun = 4096

extension Kernels {
    /// Σ (x − mean) · coefficient + intercept for every row, straight from columns. A row's margin depends on that row
    /// alone, to the last bit.
    public func margins(
        _ columns: [Buffer<Double>], rows: Int, means: [Double], coefficients: [Double], intercept: Double
    ) throws -> Buffer<Double> {
        guard columns.count == means.count, columns.count == coefficients.count,
            columns.allSatisfy({ $0.count == rows })
        else { throw ApusError("columns, means and coefficients differ in size", at: "margins", kind: .plugin) }
        return Buffer(count: rows) { buffer in
            nonisolated(unsafe) let target = buffer
            parallelFor((rows + rowsInRun - 1) / rowsInRun) { run in
                guard let out = target.baseAddress.map({ $0 + run * rowsInRun }) else { return }
                let count = min(rowsInRun, rows - run * rowsInRun)
                out.update(repeating: intercept, count: count)
                for (position, column) in columns.enumerated() where coefficients[position] != 0 {
                    let x = column.unsafePointer + run * rowsInRun
                    switch backend {
                    case .c: ck_add_scaled(ck_cpu(), count, means[position], coefficients[position], x, out)
                    case .swift:
                        let (mean, factor) = (means[position], coefficients[position])
                        for row in 0..<count { out[row] += (x[row] - mean) * factor }
                    }
                }
                withExtendedLifetime(columns) {}
            }
        }
    }

    /// Softmax of the margins of each class, `(classes)` buffers of one margin a row: probabilities, likewise.
    public func softmax(_ margins: [Buffer<Double>]) -> [Buffer<Double>] {
        guard let rows = margins.first?.count else { return [] }
        var results = margins.map { [Double]($0) }
        for start in stride(from: 0, to: rows, by: rowsInRun) {
            let end = min(start + rowsInRun, rows)
            let count = end - start
            var block = [Double]()
            block.reserveCapacity(count * margins.count)
            for margin in results { block += margin[start..<end] }
            switch backend {
            case .c:
                var work = [Double](repeating: 0, count: 2 * count)
                ck_softmax(ck_cpu(), count, margins.count, count, &block, &work)
            case .swift: SwiftPass.softmax(count, margins.count, &block)
            }
            for label in margins.indices {
                results[label].replaceSubrange(start..<end, with: block[label * count..<(label + 1) * count])
            }
        }
        return results.map { Buffer($0) }
    }

    /// 1 / (1 + e^−z) of every margin.
    public func logistic(_ margins: Buffer<Double>) -> Buffer<Double> {
        Buffer(count: margins.count) { target in
            _ = target.initialize(fromContentsOf: margins)
            guard let base = target.baseAddress else { return }
            switch backend {
            case .c: ck_logistic(ck_cpu(), margins.count, base)
            case .swift: for row in margins.indices { base[row] = SwiftPass.probability(margins[row]) }
            }
        }
    }

    /// Softmax of one row's margins in place, without allocating; the bits of `softmax` on the C backend.
    public static func softmax(row margins: UnsafeMutableBufferPointer<Double>) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2) { work in
            if let base = margins.baseAddress, let work = work.baseAddress {
                ck_softmax(ck_cpu(), 1, margins.count, 1, base, work)
            }
        }
    }

    /// 1 / (1 + e^−z); the bits of `logistic` on the C backend.
    public static func logistic(_ margin: Double) -> Double {
        var value = margin
        ck_logistic(ck_cpu(), 1, &value)
        return value
    }
}
