import ApusCore
import ApusKernels

/// Complete trees of 32 leaves over numbers with equally spaced thresholds, laid out for deciding all nodes at once.
struct BenchmarkDecisions: Sendable {
    private let numbers: Buffer<DecisionNumber>
    private let bounds: Buffer<Double>
    private let runs: Buffer<DecisionRun>
    private let pairs: Buffer<DecisionPair>
    private let leafValues: Buffer<Double>

    /// Trees of `2 * leaves - 1` steps each, node k before its children 2 k + 1 and 2 k + 2, whose thresholds are
    /// multiples of 1 / `ranks`.
    init(_ steps: [ForestStep], trees: Int, leaves: Int, inputs: Int, ranks: Int, leafValues: [Double]) {
        let thresholds = (1..<ranks).map { Double($0) / Double(ranks) } + [.infinity]
        let stride = DecisionLayout.stride
        let first = (0..<stride).map {
            stride * $0 + stride <= ranks ? thresholds[stride * $0 + stride - 1] : .infinity
        }
        let block = first + thresholds + [Double](repeating: .infinity, count: stride)
        numbers = Buffer(
            (0..<inputs).map {
                DecisionNumber(input: $0, bounds: block.count * $0, right: $0, left: DecisionLayout.places)
            })
        bounds = Buffer((0..<inputs).flatMap { _ in block })
        var (runs, pairs): ([DecisionRun], [DecisionPair]) = ([], [])
        for group in Swift.stride(from: 0, to: trees, by: DecisionLayout.lanes) {
            let lanes = min(DecisionLayout.lanes, trees - group)
            let start = pairs.count
            pairs += [DecisionPair](repeating: DecisionPair(), count: leaves / 2)
            runs.append(DecisionRun(pairs: leaves / 2, chunk: 0, trees: lanes, score: 0))
            for lane in 0..<lanes {
                for node in 0..<leaves - 1 {
                    let step = steps[(group + lane) * (2 * leaves - 1) + node]
                    // A node that is number p of its level covers that many leaves from the p-th such part on.
                    let level = Int.bitWidth - 1 - (node + 1).leadingZeroBitCount
                    let part = leaves >> level
                    let half = UInt32.max << UInt32(32 - part / 2)
                    let left = half >> UInt32((node + 1 - (1 << level)) * part)
                    let test = Int(step.threshold * Double(ranks)) - 1
                    pairs[start + node / 2].set(
                        DecisionLayout.lanes * (node % 2) + lane,
                        test: Int16(DecisionLayout.chunk * test + Int(step.place - 1) / 2), keep: ~left)
                }
            }
        }
        self.runs = Buffer(runs)
        self.pairs = Buffer(pairs)
        self.leafValues = Buffer(leafValues)
    }

    /// Adds the leaves that a row reaches.
    func run(_ row: UnsafePointer<Double>, _ kernels: TreeKernels, _ sum: UnsafeMutablePointer<Double>) {
        kernels.decide(
            row,
            forest: ForestDecisions(
                numbers: UnsafeBufferPointer(start: numbers.unsafePointer, count: numbers.count),
                bounds: bounds.unsafePointer, categories: UnsafeBufferPointer(start: nil, count: 0),
                indices: BenchmarkDecisions.noIndices.unsafePointer, sets: BenchmarkDecisions.noSets.unsafePointer,
                runs: UnsafeBufferPointer(start: runs.unsafePointer, count: runs.count),
                pairs: UnsafeBufferPointer(start: pairs.unsafePointer, count: pairs.count), width: 1,
                leafValues: leafValues.unsafePointer),
            sums: sum)
        withExtendedLifetime(self) {}
    }

    private static let noIndices = Buffer<UInt16>([])
    private static let noSets = Buffer<UInt32>([])
}
