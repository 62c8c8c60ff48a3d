import ApusCore
import ApusKernels

/// The rows that one tree is grown on, and what each of them adds to sums.
struct ForestSample {
    /// Row numbers, ascending.
    let rows: [UInt32]
    /// How often each of all rows was drawn; empty where every row is there once.
    let times: [UInt32]
    /// `(all rows, target.rowWidth)`, times how often a row was drawn; rows outside of the sample hold nothing.
    let words: LargeMemory<Int64>

    /// All rows of `target`, or as many drawn with replacement as settings say. A draw depends on the seed and the
    /// tree's number alone.
    init(_ target: ForestTarget, _ settings: ForestSettings, rowCount: Int, tree: Int, _ context: RunContext) {
        let width = target.rowWidth
        words = LargeMemory(rowCount * width)
        let words = words.pointer
        let source = target.words.unsafePointer
        guard settings.sampling.bootstrap else {
            rows = target.active
            times = []
            _ = UnsafeMutableBufferPointer(start: words, count: rowCount * width).initialize(
                fromContentsOf: target.words)
            return
        }
        var times = [UInt32](repeating: 0, count: rowCount)
        var random = RandomDraws(context.random("forest.rows"), stream: tree)
        for _ in 0..<settings.sampling.draws(from: target.active.count) {
            times[Int(target.active[random.below(target.active.count)])] += 1
        }
        var rows: [UInt32] = []
        rows.reserveCapacity(target.active.count)
        for row in 0..<rowCount where times[row] > 0 {
            rows.append(UInt32(row))
            let count = Int64(times[row])
            for word in row * width..<(row + 1) * width {
                let value = source[word]
                words[word] =
                    target.isClasses
                    ? (value >> ImpurityRule.classBits) * count << ImpurityRule.classBits | value
                        & ImpurityRule.classMask
                    : value * count
            }
        }
        self.rows = rows
        self.times = times
    }
}

/// A tree's own random numbers, drawn one after another.
struct RandomDraws {
    private let random: CounterRandom
    private var index: Int
    private var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    private var used = 4

    /// The numbers of one tree; 2^40 at most.
    init(_ random: CounterRandom, stream: Int) {
        self.random = random
        index = stream << 38
    }

    /// 32 random bits.
    private mutating func next() -> UInt32 {
        if used == 4 {
            words = random.words(index)
            index += 1
            used = 0
        }
        used += 1
        return used == 1 ? words.0 : used == 2 ? words.1 : used == 3 ? words.2 : words.3
    }

    /// A number in `0 ..< 1` with 32 random bits.
    mutating func unit() -> Double { Double(next()) * 0x1p-32 }

    /// A whole number in `0 ..< bound`, which is below 2^31.
    mutating func below(_ bound: Int) -> Int { Int((UInt64(next()) * UInt64(bound)) >> 32) }
}
