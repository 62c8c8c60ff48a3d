import ApusCore
import ApusKernels

/// The bins of every feature, learned from a sample of the rows.
struct BinningPlan: Sendable {
    /// The bins, in the order of the columns.
    let features: [FeatureBins]

    /// Rows that bounds are learned from.
    private static let sampleSize = 200_000

    /// Learns bins of `table`. Beyond 200,000 rows numbers are sampled, each row by its own random number. Categories
    /// keep the bins that they have in `categories`, where a model is continued.
    init(
        _ table: Table, rowIDs: Buffer<Int64>, maxBins: Int, categories: [[UInt8]?]?, kernels: Kernels,
        context: RunContext
    ) throws {
        let rows = BinningPlan.sample(rowIDs, context)
        let results = ResultSlots<FeatureBins>(table.columns.count)
        kernels.parallelFor(table.columns.count) { index in
            if context.cancellation.isCancelled { return }
            if let known = categories?[index] {
                let seen = known.filter { $0 < TreeLayout.missing }
                results[index] = FeatureBins(
                    meaning: .category(binOfCode: known), count: seen.max().map { Int($0) + 1 } ?? 0, hasMissing: true)
            } else {
                results[index] = BinningPlan.learn(table.columns[index], rows: rows, maxBins: maxBins)
            }
        }
        try context.checkCancellation()
        features = results.values
    }

    /// The sampled rows; nil for all.
    private static func sample(_ rowIDs: Buffer<Int64>, _ context: RunContext) -> [Int]? {
        guard rowIDs.count > sampleSize else { return nil }
        let random = context.random("trees.binning")
        let share = Double(sampleSize) / Double(rowIDs.count)
        return rowIDs.indices.filter { random.unit(Int(truncatingIfNeeded: rowIDs[$0])) < share }
    }

    private static func learn(_ column: Column, rows: [Int]?, maxBins: Int) -> FeatureBins {
        switch column.storage {
        case .category(_, let dictionary):
            return FeatureBins(
                categoryCounts: column.categoryCounts ?? [], labels: dictionary, maxBins: maxBins,
                hasMissing: column.missingCount > 0)
        case .flag(let bits):
            var seen = (no: false, yes: false)
            for row in 0..<bits.count where !column.isMissing(row) {
                if bits[row] { seen.yes = true } else { seen.no = true }
                if seen.no && seen.yes { break }
            }
            let values = (seen.no ? [0.0] : []) + (seen.yes ? [1.0] : [])
            return values.withUnsafeBufferPointer {
                FeatureBins(sorted: $0, maxBins: 2, hasMissing: column.missingCount > 0)
            }
        case .double(let values):
            return learn(column, rows, maxBins) { values.unsafePointer[$0] }
        case .float(let values):
            return learn(column, rows, maxBins) { Double(values.unsafePointer[$0]) }
        case .integer(let values), .timestamp(let values):
            guard let validity = column.validity else {
                return learn(column, rows, maxBins) { Double(values.unsafePointer[$0]) }
            }
            return learn(column, rows, maxBins) { validity[$0] ? Double(values.unsafePointer[$0]) : .nan }
        case .text:
            return FeatureBins(meaning: .number(bounds: []), count: 0, hasMissing: false)
        }
    }

    @inline(__always)
    private static func learn(
        _ column: Column, _ rows: [Int]?, _ maxBins: Int, _ value: (Int) -> Double
    ) -> FeatureBins {
        let capacity = rows?.count ?? column.count
        let values = UnsafeMutableBufferPointer<Double>.allocate(capacity: capacity)
        let scratch = UnsafeMutableBufferPointer<Double>.allocate(capacity: capacity)
        defer {
            values.deallocate()
            scratch.deallocate()
        }
        var count = 0
        func take(_ row: Int) {
            let number = value(row)
            if number.isNaN { return }
            values[count] = number == 0 ? 0 : number  // -0 and 0 are one value
            count += 1
        }
        if let rows {
            for row in rows { take(row) }
        } else {
            for row in 0..<column.count { take(row) }
        }
        RadixSort.sort(
            UnsafeMutableBufferPointer(rebasing: values[..<count]),
            scratch: UnsafeMutableBufferPointer(rebasing: scratch[..<count]))
        return FeatureBins(
            sorted: UnsafeBufferPointer(rebasing: values[..<count]), maxBins: maxBins,
            hasMissing: column.missingCount > 0)
    }
}

/// One slot a task, so that tasks of a parallel region can leave results without a lock.
final class ResultSlots<Value: Sendable>: @unchecked Sendable {
    private let slots: UnsafeMutableBufferPointer<Value?>

    init(_ count: Int) {
        slots = .allocate(capacity: count)
        slots.initialize(repeating: nil)
    }

    deinit {
        slots.deinitialize()
        slots.deallocate()
    }

    subscript(index: Int) -> Value? {
        get { slots[index] }
        set { slots[index] = newValue }
    }

    /// What the tasks left, in their order.
    var values: [Value] { slots.compactMap(\.self) }
}
