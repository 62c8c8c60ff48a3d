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

    /// Whether a split is possible at all.
    var isUseful: Bool { count + (hasMissing ? 1 : 0) > 1 }

    /// Whether the bins are categories.
    var isCategory: Bool { if case .category = meaning { true } else { false } }
}

extension FeatureBins {
    /// Bins of numbers from the sorted, non-missing values of a sample: one a distinct value where there are few enough,
    /// equally filled ones otherwise. Bounds lie half-way between neighbouring values.
    init(sorted values: UnsafeBufferPointer<Double>, maxBins: Int, hasMissing: Bool) {
        var distinct: [Double] = []
        var counts: [Int] = []
        for value in values {
            if let last = distinct.last, last == value {
                counts[counts.count - 1] += 1
            } else {
                distinct.append(value)
                counts.append(1)
            }
        }
        let lasts =
            distinct.count <= maxBins
            ? Array(distinct.indices.dropLast()) : FeatureBins.equallyFilled(counts, bins: maxBins)
        var bounds = lasts.map { FeatureBins.between(distinct[$0], distinct[$0 + 1]) }
        if let last = distinct.indices.last {
            middles = zip([0] + lasts.map { $0 + 1 }, lasts + [last]).map { distinct[$0] / 2 + distinct[$1] / 2 }
        }
        count = distinct.isEmpty ? 0 : bounds.count + 1
        bounds += Array(repeating: .infinity, count: 255 - bounds.count)
        meaning = .number(bounds: bounds)
        self.hasMissing = hasMissing
    }

    /// A number b with low <= b < high: half-way where doubles allow.
    static func between(_ low: Double, _ high: Double) -> Double {
        let middle = low / 2 + high / 2
        return middle >= low && middle < high ? middle : low
    }

    /// The last value of each bin but the last. Values that fill a bin alone get one; the rest is spread evenly.
    private static func equallyFilled(_ counts: [Int], bins: Int) -> [Int] {
        let total = counts.reduce(0, +)
        let share = Double(total) / Double(bins)
        var restCount = total
        var restBins = bins
        for count in counts where Double(count) >= share {
            restCount -= count
            restBins -= 1
        }
        var lasts: [Int] = []
        var filled = 0
        var fill = restBins > 0 ? Double(restCount) / Double(restBins) : .infinity
        for position in 0..<counts.count - 1 {
            let isLarge = Double(counts[position]) >= share
            if !isLarge { restCount -= counts[position] }
            filled += counts[position]
            let nextIsLarge = Double(counts[position + 1]) >= share
            guard isLarge || Double(filled) >= fill || (nextIsLarge && Double(filled) >= max(1, fill / 2)) else {
                continue
            }
            lasts.append(position)
            if lasts.count == bins - 1 { break }
            filled = 0
            if !isLarge {
                restBins -= 1
                fill = restBins > 0 ? Double(restCount) / Double(restBins) : .infinity
            }
        }
        return lasts
    }

    /// Bins of categories, the most frequent first; where there are more than bins, the rest share the last one.
    init(categoryCounts counts: [Int], labels: [String], maxBins: Int, hasMissing: Bool) {
        let seen = counts.indices.filter { counts[$0] > 0 }
            .sorted { (counts[$1], labels[$0]) < (counts[$0], labels[$1]) }
        var binOfCode = [UInt8](repeating: UInt8(TreeLayout.missing), count: counts.count)
        for (rank, code) in seen.enumerated() { binOfCode[code] = UInt8(min(rank, maxBins - 1)) }
        meaning = .category(binOfCode: binOfCode)
        count = min(seen.count, maxBins)
        self.hasMissing = hasMissing
    }
}
