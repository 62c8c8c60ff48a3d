import ApusCore
import ApusKernels

/// Percentile intervals by resampling the held-out rows with replacement.
///
/// A resample is a count for each row, so a metric costs one pass over rows that were sorted once. What is drawn
/// depends on `seed` alone: not on threads, not on the metrics asked for. The interval says how the value would vary
/// over other test rows of the same origin; it says nothing about other training rows.
/// Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
public struct Bootstrap: Sendable, Codable, Hashable {
    /// How many resamples; nil adapts to the rows: 10 million draws, but 200 … 1,000 resamples.
    public var resamples: Int?
    /// The share of resampled values inside the interval.
    public var level: Double
    /// What the draws are derived from.
    public var seed: UInt64

    /// Percentile intervals of `level`, 95 % unless given.
    public init(resamples: Int? = nil, level: Double = 0.95, seed: UInt64 = 0) {
        self.resamples = resamples
        self.level = level
        self.seed = seed
    }

    /// How many resamples are drawn of `rows` rows.
    public func resamples(rows: Int) -> Int {
        max(0, resamples ?? min(1_000, max(200, 10_000_000 / max(rows, 1))))
    }

    /// The interval of each metric; nil where over half of the resamples leave it undefined, or below two rows.
    func intervals(of scorer: some Scorer, kernels: Kernels) -> [(low: Double, high: Double)?] {
        let (rows, resamples) = (scorer.rows, resamples(rows: scorer.rows))
        guard rows >= 2, rows <= Int32.max, resamples > 0 else { return scorer.metrics.map { _ in nil } }
        let blockSize = 8
        let blocks = kernels.parallelMap((resamples + blockSize - 1) / blockSize) { block in
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: rows) { counts in
                (block * blockSize..<min(resamples, (block + 1) * blockSize)).map { resample in
                    draw(resample, into: counts)
                    return scorer.scores(UnsafeBufferPointer(counts))
                }
            }
        }
        let values = blocks.joined()
        return scorer.metrics.indices.map { metric in
            let defined = values.compactMap { $0[metric] }.sorted()
            guard defined.count * 2 > resamples else { return nil }
            return (quantile((1 - level) / 2, of: defined), quantile((1 + level) / 2, of: defined))
        }
    }

    /// How often each of `rows` rows occurs in one resample.
    package func counts(_ resample: Int, rows: Int) -> [UInt32] {
        [UInt32](unsafeUninitializedCapacity: rows) { buffer, initialized in
            draw(resample, into: UnsafeMutableBufferPointer(rebasing: buffer[..<rows]))
            initialized = rows
        }
    }

    /// Counts how often each row occurs among as many draws as there are rows. A row's chance is off by at most
    /// rows / 2³² of itself.
    private func draw(_ resample: Int, into counts: UnsafeMutableBufferPointer<UInt32>) {
        counts.initialize(repeating: 0)
        let random = CounterRandom(seed: seed, purpose: "bootstrap")
        let rows = UInt64(counts.count)
        let batch = 1_024
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: batch) { words in
            for start in stride(from: 0, to: counts.count, by: batch) {
                let drawn = UnsafeMutableBufferPointer(rebasing: words[..<min(batch, counts.count - start)])
                random.fill(drawn, from: resample << 32 | start / 4)
                for word in drawn { counts[Int((UInt64(word) &* rows) >> 32)] &+= 1 }
            }
        }
    }

    /// The quantile of sorted values, linear between neighbours.
    private func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let position = min(max(share, 0), 1) * Double(sorted.count - 1)
        let index = Int(position)
        guard index + 1 < sorted.count else { return sorted[index] }
        return sorted[index] + (position - Double(index)) * (sorted[index + 1] - sorted[index])
    }
}
