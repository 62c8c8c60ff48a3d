import ApusCore
import ApusKernels

/// How the values of one feature become bins: at most 255 of them, and one for missing values.
struct FeatureBins: Sendable {
    /// What the bins mean.
    enum Meaning: Sendable {
        /// Bin b holds values up to `bounds[b]`; 255 bounds, infinite from the last bin on.
        case number(bounds: [Double])
        /// The bin of each category code; 255 for codes that fitting never saw.
        case category(binOfCode: [UInt8])
    }

    /// What the bins mean.
    let meaning: Meaning
    /// How many bins hold values.
    let count: Int
    /// Whether a missing value was seen.
    let hasMissing: Bool
    /// Of numbers, half-way between the least and the greatest value of each bin; the value, where there is one.
    var middles: [Double] = []

    /// The bin of most values that the bins were learned from, missing ones included.
    private(set) var mostFrequent: UInt8 = 0
    /// Whether so many values fall into that bin that it pays to keep the others alone.
    private(set) var isSparse = false

    /// The part of the values in the most frequent bin from which on a column is sparse.
    private static let sparseShare = 0.75

    /// Whether a split is possible at all.
    var isUseful: Bool { count + (hasMissing ? 1 : 0) > 1 }

    /// Whether the bins are categories.
    let isCategory: Bool

    /// Bins without middles.
    init(meaning: Meaning, count: Int, hasMissing: Bool) {
        self.meaning = meaning
        self.count = count
        self.hasMissing = hasMissing
        isCategory = if case .category = meaning { true } else { false }
    }
}

extension FeatureBins {
    /// Bins of numbers from the sorted values of a sample, beside which `missing` are missing: one a distinct value where
    /// there are few enough, equally filled ones otherwise. Bounds lie half-way between neighbouring values.
    init(sorted values: UnsafeBufferPointer<Double>, missing: Int, maxBins: Int, hasMissing: Bool) {
        // Where runs of equal values end.
        let ends = [UInt32](unsafeUninitializedCapacity: values.count) { ends, runs in
            for index in 0..<values.count {
                ends[runs] = UInt32(index + 1)
                runs += index + 1 == values.count || values[index + 1] != values[index] ? 1 : 0
            }
        }
        let lasts =
            ends.count <= maxBins ? Array(ends.indices.dropLast()) : FeatureBins.equallyFilled(ends, bins: maxBins)
        var bounds = lasts.map { FeatureBins.between(values[Int(ends[$0]) - 1], values[Int(ends[$0])]) }
        let count = ends.isEmpty ? 0 : bounds.count + 1
        bounds += Array(repeating: .infinity, count: 255 - bounds.count)
        self.init(meaning: .number(bounds: bounds), count: count, hasMissing: hasMissing)
        var first = 0
        var counts: [Int] = []
        for run in lasts + ends.indices.suffix(1) {
            middles.append(values[first] / 2 + values[Int(ends[run]) - 1] / 2)
            counts.append(Int(ends[run]) - first)
            first = Int(ends[run])
        }
        setMostFrequent(counts, missing: missing)
    }

    /// Bins of the numbers 0 and 1, of which there are so many.
    init(zeros: Int, ones: Int, missing: Int) {
        let values = (zeros > 0 ? [0.0] : []) + (ones > 0 ? [1.0] : [])
        self = values.withUnsafeBufferPointer {
            FeatureBins(sorted: $0, missing: 0, maxBins: 2, hasMissing: missing > 0)
        }
        setMostFrequent([zeros, ones].filter { $0 > 0 }, missing: missing)
    }

    private mutating func setMostFrequent(_ counts: [Int], missing: Int) {
        let all = counts + [missing]
        guard let most = all.max(), let bin = all.firstIndex(of: most) else { return }
        mostFrequent = UInt8(bin < counts.count ? bin : TreeLayout.missing)
        isSparse = Double(most) >= FeatureBins.sparseShare * Double(all.reduce(0, +))
    }

    /// A number b with low <= b < high: half-way where doubles allow.
    private static func between(_ low: Double, _ high: Double) -> Double {
        let middle = low / 2 + high / 2
        return middle >= low && middle < high ? middle : low
    }

    /// The last run of each bin but the last, of runs of equal values that end at `ends`. Values that fill a bin alone get
    /// one; the rest is spread evenly.
    private static func equallyFilled(_ ends: [UInt32], bins: Int) -> [Int] {
        func isLarge(_ run: Int) -> Bool { length(run) >= large }
        func length(_ run: Int) -> Int { Int(ends[run]) - (run == 0 ? 0 : Int(ends[run - 1])) }
        let total = Int(ends.last ?? 0)
        // Counts are at least as large as a fraction where they are as large as the next whole number.
        let large = Int((Double(total) / Double(bins)).rounded(.up))
        var restCount = total
        var restBins = bins
        for run in ends.indices where isLarge(run) {
            restCount -= length(run)
            restBins -= 1
        }
        func fill() -> Int { restBins > 0 ? Int((Double(restCount) / Double(restBins)).rounded(.up)) : .max }
        var lasts: [Int] = []
        var filled = 0
        var full = fill()
        for run in ends.indices.dropLast() {
            let length = length(run)
            if length < large { restCount -= length }
            filled += length
            guard length >= large || filled >= full || (isLarge(run + 1) && 2 * filled >= max(2, full)) else {
                continue
            }
            lasts.append(run)
            if lasts.count == bins - 1 { break }
            filled = 0
            if length < large {
                restBins -= 1
                full = fill()
            }
        }
        return lasts
    }

    /// Bins of categories, the most frequent first; where there are more than bins, the rest share the last one.
    init(categoryCounts counts: [Int], missing: Int, labels: [String], maxBins: Int) {
        let seen = counts.indices.filter { counts[$0] > 0 }
            .sorted { (counts[$1], labels[$0]) < (counts[$0], labels[$1]) }
        var binOfCode = [UInt8](repeating: UInt8(TreeLayout.missing), count: counts.count)
        for (rank, code) in seen.enumerated() { binOfCode[code] = UInt8(min(rank, maxBins - 1)) }
        self.init(
            meaning: .category(binOfCode: binOfCode), count: min(seen.count, maxBins), hasMissing: missing > 0)
        setMostFrequent(seen.map { counts[$0] }, missing: missing)
    }
}
