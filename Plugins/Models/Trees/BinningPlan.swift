import ApusCore
import ApusKernels

/// The bins of every feature, learned from a sample of the rows of all processes.
struct BinningPlan: Sendable {
    /// The bins, in the order of the columns.
    let features: [FeatureBins]

    /// The bins of each category column's codes.
    var binOfCode: [[UInt8]?] {
        features.map { if case .category(let binOfCode) = $0.meaning { binOfCode } else { nil } }
    }

    /// Rows that bounds are learned from.
    private static let sampleSize = 200_000

    /// Learns bins of `table`. Beyond 200,000 rows numbers are sampled, each row by its own random number. Categories
    /// keep the bins that they have in `categories`, where a model is continued.
    init(
        _ table: Table, rowIDs: Buffer<Int64>, maxBins: Int, categories: [[UInt8]?]?, kernels: Kernels,
        context: RunContext
    ) throws {
        let rows = try BinningPlan.sample(rowIDs, context)
        let communicator = context.communicator
        @Sendable func bins(_ index: Int) throws -> FeatureBins {
            guard let known = categories?[index] else {
                return try BinningPlan.learn(table.columns[index], rows: rows, maxBins: maxBins, communicator)
            }
            let seen = known.filter { $0 < TreeLayout.missing }
            return FeatureBins(
                meaning: .category(binOfCode: known), count: seen.max().map { Int($0) + 1 } ?? 0, hasMissing: true)
        }
        // Several processes have to ask each other for one column after another.
        guard communicator.size == 1 else {
            features = try table.columns.indices.map(bins)
            return
        }
        let results = ResultSlots<Result<FeatureBins, any Error>>(table.columns.count)
        kernels.parallelFor(table.columns.count) { index in
            if context.cancellation.isCancelled { return }
            results[index] = Result { try bins(index) }
        }
        try context.checkCancellation()
        features = try results.values.map { try $0.get() }
    }

    /// The sampled rows; nil for all.
    private static func sample(_ rowIDs: Buffer<Int64>, _ context: RunContext) throws -> [UInt32]? {
        let count = try context.communicator.sum(rowIDs.count)
        guard count > sampleSize else { return nil }
        let random = context.random("trees.binning")
        let share = Double(sampleSize) / Double(count)
        var rows: [UInt32] = []
        // Of this process's share, with room for chance.
        rows.reserveCapacity(Int(share * Double(rowIDs.count)) + 4096)
        for (row, id) in rowIDs.enumerated() where random.unit(Int(truncatingIfNeeded: id)) < share {
            rows.append(UInt32(row))
        }
        return rows
    }

    private static func learn(
        _ column: Column, rows: [UInt32]?, maxBins: Int, _ communicator: any Communicator
    ) throws -> FeatureBins {
        let missing = try communicator.sum(column.missingCount)
        @inline(__always)
        func learn(_ value: (Int) -> Double) throws -> FeatureBins {
            try BinningPlan.learn(column.count, rows, maxBins, hasMissing: missing > 0, communicator, value)
        }
        switch column.storage {
        case .category(_, let dictionary):
            var counts = (column.categoryCounts ?? []).map(Int64.init)
            try communicator.sum(&counts)
            return FeatureBins(
                categoryCounts: counts.map(Int.init), missing: missing, labels: dictionary, maxBins: maxBins)
        case .flag(let bits):
            var ones = 0
            for row in 0..<bits.count where bits[row] && !column.isMissing(row) { ones += 1 }
            let zeros = try communicator.sum(bits.count - column.missingCount - ones)
            return FeatureBins(zeros: zeros, ones: try communicator.sum(ones), missing: missing)
        case .double(let values):
            return try learn { values.unsafePointer[$0] }
        case .float(let values):
            return try learn { Double(values.unsafePointer[$0]) }
        case .integer(let values), .timestamp(let values):
            guard let validity = column.validity else { return try learn { Double(values.unsafePointer[$0]) } }
            return try learn { validity[$0] ? Double(values.unsafePointer[$0]) : .nan }
        case .text, .vector:
            return FeatureBins(meaning: .number(bounds: []), count: 0, hasMissing: false)
        }
    }

    @inline(__always)
    private static func learn(
        _ rowCount: Int, _ rows: [UInt32]?, _ maxBins: Int, hasMissing: Bool, _ communicator: any Communicator,
        _ value: (Int) -> Double
    ) throws -> FeatureBins {
        let capacity = rows?.count ?? rowCount
        let memory = TransientMemory(2 * capacity)
        defer { withExtendedLifetime(memory) {} }
        let values = memory.buffer
        var count = 0
        func take(_ row: Int) {
            let number = value(row)
            if number.isNaN { return }
            values[count] = number == 0 ? 0 : number  // -0 and 0 are one value
            count += 1
        }
        if let rows {
            for row in rows { take(Int(row)) }
        } else {
            for row in 0..<rowCount { take(row) }
        }
        let missing = try communicator.sum(capacity - count)
        func bins(_ values: UnsafeMutableBufferPointer<Double>, scratch: UnsafeMutableBufferPointer<Double>)
            -> FeatureBins
        {
            RadixSort.sort(values, scratch: scratch)
            return FeatureBins(
                sorted: UnsafeBufferPointer(values), missing: missing, maxBins: maxBins, hasMissing: hasMissing)
        }
        let own = UnsafeMutableBufferPointer(rebasing: values[..<count])
        guard communicator.size > 1 else {
            return bins(own, scratch: UnsafeMutableBufferPointer(rebasing: values[capacity..<capacity + count]))
        }
        var all = try communicator.gather(UnsafeBufferPointer(own))
        var more = all
        return all.withUnsafeMutableBufferPointer { all in
            more.withUnsafeMutableBufferPointer { bins(all, scratch: $0) }
        }
    }
}
