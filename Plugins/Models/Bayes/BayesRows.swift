import ApusCore
import ApusKernels

/// The rows of a fit: a class, a weight, doubles and vectors, checked.
struct BayesRows {
    let schema: Schema
    let features: BayesFeatures
    let codes: Buffer<Int32>
    let labels: [String]
    let weights: Buffer<Double>?

    /// Rows that each task of a parallel pass takes; fixed, so that sums do not depend on threads.
    private static let rowsInTask = 65_536
    private static let rowsInBlock = 2_048

    var count: Int { codes.count }
    /// The columns that are one number a row.
    var columns: [Buffer<Double>] { features.columns }

    /// The rows of `table`. Throws where there are none, the target is no class, or a value is not finite; `isChecked` if
    /// a pass over them is to find out, else that is left to who measures them.
    init(_ table: Table, _ rows: TrainingRows, of id: String, takesMissing: Bool, isChecked: Bool) throws {
        guard case .classes(let codes, let labels) = try rows.target else {
            throw ApusError(
                "\(id) learns classes, found a \(try rows.target.task.rawValue) target",
                remedy: "For several labels at once, model.logistic_regression and the trees learn them.", kind: .usage)
        }
        guard table.rowCount > 0, rows.weights?.contains(where: { $0 > 0 }) ?? true else {
            throw ApusError("there are no rows to learn from", at: id)
        }
        schema = table.schema
        features = try BayesFeatures(table, for: id, takesMissing: takesMissing, isChecked: isChecked)
        self.codes = codes
        self.labels = labels
        weights = rows.weights
    }

    /// Throws where a value is infinite, or missing and may not be.
    static func refuseNonFinite(_ values: Buffer<Double>, _ name: String, takesMissing: Bool = false) throws {
        guard let row = values.firstIndex(where: { $0.isInfinite || $0.isNaN && !takesMissing }) else { return }
        throw ApusError(
            values[row].isNaN ? "a value is missing" : "found an infinity",
            at: "column '\(name)' row \((row + 1).grouped)", remedy: "Add transform.impute before it.")
    }

    /// The weight of each class.
    func classWeights() -> [Double] {
        var weights = [Double](repeating: 0, count: labels.count)
        for (place, weight) in blockWeights().enumerated() { weights[place % labels.count] += weight }
        return weights
    }

    /// The weight of each class in each block of rows, `(blocks, classes)`.
    private func blockWeights() -> [Double] {
        let blocks = (count + Self.rowsInBlock - 1) / Self.rowsInBlock
        var sums = [Double](repeating: 0, count: blocks * labels.count)
        for row in 0..<count {
            sums[row / Self.rowsInBlock * labels.count + Int(codes.unsafePointer[row])] += weights?[row] ?? 1
        }
        return sums
    }

    /// Runs `body` for each column and each stretch of rows, on the pool, and hands the results to `merge` in order.
    func forEachPart<Part: Sendable>(
        _ kernels: Kernels, in context: RunContext,
        _ body: @Sendable (_ column: Int, _ rows: Range<Int>) -> Part, merge: (_ column: Int, Part) -> Void
    ) throws {
        let parts = (count + Self.rowsInTask - 1) / Self.rowsInTask
        try forEachTask(columns.count * parts, kernels, in: context) { task in
            let start = task % parts * Self.rowsInTask
            return body(task / parts, start..<min(count, start + Self.rowsInTask))
        } merge: {
            merge($0 / parts, $1)
        }
    }

    /// Runs `body` for each column, on the pool, and hands the results to `merge` in order.
    func forEachColumn<Part: Sendable>(
        _ kernels: Kernels, in context: RunContext, _ body: @Sendable (_ column: Int) -> Part,
        merge: (_ column: Int, Part) -> Void
    ) throws {
        try forEachTask(columns.count, kernels, in: context, body, merge: merge)
    }

    private func forEachTask<Part: Sendable>(
        _ count: Int, _ kernels: Kernels, in context: RunContext, _ body: @Sendable (Int) -> Part,
        merge: (Int, Part) -> Void
    ) throws {
        let atOnce = 256
        for first in stride(from: 0, to: count, by: atOnce) {
            try context.checkCancellation()
            var results = [Part?](repeating: nil, count: min(atOnce, count - first))
            results.withUnsafeMutableBufferPointer { results in
                nonisolated(unsafe) let target = results
                kernels.parallelFor(target.count) { target[$0] = body(first + $0) }
            }
            for (position, part) in results.enumerated() {
                if let part { merge(first + position, part) }
            }
        }
    }

    /// Adds weight × `value(x)` to the sum of each row's class; four lanes, as neighbours are often of one class.
    @inline(__always)
    func scatter(
        _ column: Int, _ rows: Range<Int>, into sums: UnsafeMutablePointer<Double>,
        _ lanes: UnsafeMutablePointer<Double>, _ value: (Double) -> Double
    ) {
        let classes = labels.count
        let (x, codes) = (columns[column].unsafePointer, codes.unsafePointer)
        for place in 0..<4 * classes { lanes[place] = 0 }
        if let weights = weights?.unsafePointer {
            for row in rows {
                let code = Int(codes[row])
                lanes[(row & 3) &* classes &+ code] += weights[row] * value(x[row])
            }
        } else {
            var row = rows.lowerBound
            while row &+ 3 < rows.upperBound {
                let (a, b) = (Int(codes[row]), Int(codes[row &+ 1]))
                let (c, d) = (Int(codes[row &+ 2]), Int(codes[row &+ 3]))
                lanes[a] += value(x[row])
                lanes[classes &+ b] += value(x[row &+ 1])
                lanes[2 &* classes &+ c] += value(x[row &+ 2])
                lanes[3 &* classes &+ d] += value(x[row &+ 3])
                row &+= 4
            }
            while row < rows.upperBound {
                lanes[Int(codes[row])] += value(x[row])
                row &+= 1
            }
        }
        for code in 0..<classes {
            sums[code] =
                (lanes[code] + lanes[classes + code]) + (lanes[2 * classes + code] + lanes[3 * classes + code])
        }
    }
}
